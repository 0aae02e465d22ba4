import CKernels
import Foundation

/// Sets how long OpenMP's threads look for work in a loop before they sleep.
///
/// By default libgomp's threads loop for milliseconds and keep a processor from threads and processes that have work to do:
/// on two processors, one of them busy, a step took ten times as long.
public enum IdleThreads {
    /// Lets idle threads sleep after some microseconds, unless the environment says how long to wait. Call it first.
    ///
    /// libgomp reads its environment when it is loaded, which oneDNN does later. Where it is loaded already, the program
    /// starts once more.
    public static func sleepEarly() {
        guard getenv("GOMP_SPINCOUNT") == nil, getenv("OMP_WAIT_POLICY") == nil else { return }
        setenv("GOMP_SPINCOUNT", "1000", 1)
        guard fc_has_openmp() != 0,
            let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        else { return }
        // This returns only on failure. This process then waits as libgomp does by default; the processes it starts do not.
        execv(program, CommandLine.unsafeArgv)
    }
}
