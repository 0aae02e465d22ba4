import Foundation

/// The few system calls that files and locks share.
package enum SystemCall {
    /// The last error, in words.
    package static var reason: String { String(cString: strerror(errno)) }

    /// Seconds of a clock that nobody sets.
    package static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Writes every byte, however many calls it takes; false with `errno` set when that is not possible.
    package static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            // A write of nothing would repeat for ever.
            if count == 0 { errno = EIO }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
