import Foundation
import System
import Tensors

/// The commit that the running tool was built from.
public enum SourceCommit {
    /// The commit that a release was built from. Of other builds, that of the checkout around the executable, or around
    /// the working directory when that is a checkout of this package; with `-dirty` when tracked files were changed.
    /// `unknown` outside of one.
    public static func current() -> String {
        if let commit = BuiltSource.commit { return commit }
        let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let folders = [executable.deletingLastPathComponent().path, FileManager.default.currentDirectoryPath]
        return folders.lazy.compactMap { commit(in: $0) }.first ?? "unknown"
    }

    /// Nil where `folder` is not in a checkout of this package.
    package static func commit(in folder: String) -> String? {
        guard let top = git(["rev-parse", "--show-toplevel"], in: folder),
            FileManager.default.fileExists(atPath: "\(top)/Sources/fce"),
            let commit = git(["rev-parse", "HEAD"], in: folder)
        else { return nil }
        let changes = git(["status", "--porcelain", "--untracked-files=no"], in: folder)
        return changes == "" ? commit : commit + "-dirty"
    }

    /// The trimmed output of git; nil when it fails or is not installed.
    private static func git(_ arguments: [String], in folder: String) -> String? {
        guard let answer = try? Program(["git", "-C", folder] + arguments), answer.status == 0 else {
            return nil
        }
        return answer.out.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
