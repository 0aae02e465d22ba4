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

    /// The whole file, or its first `limit` bytes; nil with `errno` set, to EINVAL for what is no plain file.
    package static func readAll(_ path: String, limit: Int = .max) -> [UInt8]? {
        // Without O_NONBLOCK opening a pipe would wait for somebody to write into it.
        let descriptor = Files.open(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            errno = EINVAL
            return nil
        }
        let size = min(limit, Int(status.st_size))
        var isWhole = true
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            while filled < size {
                let count = read(descriptor, buffer.baseAddress.map { $0 + filled }, size - filled)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { isWhole = false }
                if count <= 0 { break }
                filled += count
            }
        }
        return isWhole ? bytes : nil
    }
}
