import CKernels
import Foundation

/// How long the threads of OpenMP look for work in a loop before they sleep.
///
/// libgomp lets them for milliseconds, and so keeps a processor from threads and processes that have something to do: on two
/// processors of which one is busy a step took ten times as long.
public enum IdleThreads {
    /// Has them sleep after some microseconds, unless the environment says how long to wait; to be called first.
    ///
    /// libgomp reads its environment when it is loaded, which is before this can be called: the program starts once more.
    public static func sleepEarly() {
        guard fc_has_openmp() != 0, getenv("GOMP_SPINCOUNT") == nil, getenv("OMP_WAIT_POLICY") == nil,
            let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        else { return }
        setenv("GOMP_SPINCOUNT", "1000", 1)
        // Returns only where it fails; then this process waits as libgomp has it, and those that it starts do not.
        execv(program, CommandLine.unsafeArgv)
    }
}
