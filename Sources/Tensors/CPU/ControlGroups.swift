import Foundation

/// Limits on memory and processors that containers and systemd's slices set: Linux' control groups, versions 1 and 2,
/// which may both be mounted.
///
/// Parents of a group bound it too, up to the root, which inside of a container is the container's own group.
struct ControlGroups {
    /// Lines NUMBER:CONTROLLERS:GROUP, without controllers for version 2.
    let membership: String
    let root: String

    static var current: ControlGroups {
        let membership = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)
        return ControlGroups(membership: membership ?? "", root: "/sys/fs/cgroup")
    }

    /// Bytes that are left, cached files that the system can drop included; nil without a limit.
    var memory: Int? {
        folders("memory").compactMap { folder in
            guard let limit = number("memory.max", in: folder) ?? number("memory.limit_in_bytes", in: folder),
                let used = number("memory.current", in: folder) ?? number("memory.usage_in_bytes", in: folder)
            else { return nil }
            return max(limit - max(used - cachedFiles(folder), 0), 0)
        }.min()
    }

    /// Bytes that all programs of the group may have; nil without a limit.
    var memoryLimit: Int? {
        // Version 1 writes a number of the size of the address space for no limit.
        folders("memory").compactMap {
            number("memory.max", in: $0) ?? number("memory.limit_in_bytes", in: $0)
        }.filter { $0 < 1 << 60 }.min()
    }

    /// Number of processors that the group's share of processor time keeps busy; nil without a limit.
    var processors: Double? {
        folders("cpu").compactMap { folder in
            // Version 2 has "QUOTA PERIOD" in one file.
            let both = words("cpu.max", in: folder).map(Double.init)
            let quota = both.first ?? number("cpu.cfs_quota_us", in: folder).map(Double.init)
            let period = both.last ?? number("cpu.cfs_period_us", in: folder).map(Double.init)
            guard let quota, let period, quota > 0, period > 0 else { return nil }
            return quota / period
        }.min()
    }

    /// Folders of the groups that a controller has the process in, with their parents.
    private func folders(_ controller: String) -> [String] {
        membership.split(separator: "\n").flatMap { line -> [String] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            if fields[1].isEmpty { return folders(from: root, to: fields[2]) }
            let isListed = fields[1].split(separator: ",").contains { $0 == controller }
            return isListed ? folders(from: "\(root)/\(controller)", to: fields[2]) : []
        }
    }

    private func folders(from mount: String, to group: Substring) -> [String] {
        group.split(separator: "/").reduce(into: [mount]) { folders, name in
            folders.append("\(folders[folders.count - 1])/\(name)")
        }
    }

    private func cachedFiles(_ folder: String) -> Int {
        let words = words("memory.stat", in: folder)
        return ["active_file", "inactive_file"].reduce(0) { sum, name in
            // Version 1 counts the groups below apart.
            let index = words.firstIndex(of: "total_\(name)") ?? words.firstIndex(of: name)
            return sum + (index.flatMap { words.dropFirst($0 + 1).first }.flatMap { Int($0) } ?? 0)
        }
    }

    /// The number in a file of the group; nil where there is no such file, or "max" in it.
    private func number(_ name: String, in folder: String) -> Int? {
        words(name, in: folder).first.flatMap { Int($0) }
    }

    private func words(_ name: String, in folder: String) -> [String] {
        guard let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) else { return [] }
        return text.split { $0 == " " || $0 == "\n" }.map(String.init)
    }
}
