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

    /// The result of `call`, which is made again for as long as a signal interrupts it.
    package static func uninterrupted(_ call: () -> Int32) -> Int32 {
        while true {
            let result = call()
            guard result < 0, errno == EINTR else { return result }
        }
    }

    /// Waits until what was written to a file is on the disk; false with `errno` set where that is not possible.
    package static func sync(_ descriptor: Int32) -> Bool { uninterrupted { fsync(descriptor) } == 0 }

    /// Waits until the names in a folder are on the disk; false with `errno` set where that is not possible. Some file systems
    /// cannot do this, and some folders can be entered but not read: both count as done.
    package static func syncFolder(_ path: String) -> Bool {
        let folder = Files.open(path, O_RDONLY | O_DIRECTORY)
        guard folder >= 0 else { return errno == EACCES || errno == EPERM }
        defer { close(folder) }
        return sync(folder) || errno == EINVAL || errno == ENOTSUP
    }

    /// Cuts a file; false with `errno` set where that is not possible.
    package static func truncate(_ descriptor: Int32, to length: Int) -> Bool {
        uninterrupted { ftruncate(descriptor, off_t(length)) } == 0
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
