import CMPI
import Glibc
import System

/// The ranks that `mpirun` or `srun` has started, by the MPI library that it belongs to, which is loaded at run time.
package final class MPI: Communicator {
    package let rank: Int
    package let size: Int

    /// Joins the ranks.
    ///
    /// - Parameter name: the library; nil: that of `FC_MPI`, else the one that the launcher belongs to.
    /// - Throws: `UserError(.missing)` where no library can be loaded.
    package init(library name: String? = nil) throws(UserError) {
        let chosen = name ?? getenv("FC_MPI").map { String(cString: $0) }
        try Self.load(chosen.map { [$0] } ?? Self.candidates, isChosen: chosen != nil)
        var (rank, size): (Int32, Int32) = (0, 1)
        let error = fc_mpi_init(&rank, &size)
        guard error == 0 else {
            throw UserError(.missing, "\(Self.version) does not start: error \(error) of MPI_Init_thread")
        }
        (self.rank, self.size) = (Int(rank), Int(size))
    }

    /// What the library calls itself, such as "Open MPI v4.1.4".
    package static var version: String { String(cString: fc_mpi_version()) }

    /// Names of libraries, those of the launcher first.
    private static var candidates: [String] {
        let openMPI = ["libmpi.so.40"]
        let others = ["libmpi.so.12", "libmpich.so.12", "libmpi_abi.so.1", "libmpi_abi.so.0"]
        let isHydra = Launcher.variable("PMI_RANK") != nil
        return (isHydra ? others + openMPI : openMPI + others) + ["libmpi.so"]
    }

    private static func load(_ names: [String], isChosen: Bool) throws(UserError) {
        var reason = ""
        for name in names {
            var message: UnsafePointer<CChar>?
            if fc_mpi_load(name, &message) == 0 { return }
            reason = message.map { String(cString: $0) } ?? ""
        }
        guard isChosen else {
            throw UserError(
                .missing, "--ranks needs an MPI library, and none is found",
                advice:
                    "install the one of your launcher (apt-get install libopenmpi3, or libmpich12), or name its "
                    + "file in the environment variable FC_MPI")
        }
        throw UserError(
            .missing, reason, at: names[0],
            advice: "name the file of an MPI library in the environment variable FC_MPI"
        )
    }

    package func allGather(_ own: UnsafeRawBufferPointer, _ all: UnsafeMutableRawBufferPointer) {
        Self.expect(fc_mpi_all_gather(own.baseAddress, all.baseAddress, own.count))
    }

    package func allToAll(_ out: UnsafeRawBufferPointer, _ into: UnsafeMutableRawBufferPointer) {
        Self.expect(fc_mpi_all_to_all(out.baseAddress, into.baseAddress, out.count / size))
    }

    package func broadcast(_ data: UnsafeMutableRawBufferPointer, from root: Int) {
        Self.expect(fc_mpi_broadcast(data.baseAddress, data.count, Int32(root)))
    }

    package func farewell(_ word: Int32, seconds: Double) -> [Int32]? {
        var (own, all) = (word, [Int32](repeating: 0, count: size))
        return fc_mpi_farewell(&own, &all, MemoryLayout<Int32>.size, Int32(seconds * 1000)) == 0 ? all : nil
    }

    package func abort(_ code: Int32) { fc_mpi_abort(code) }
    package func finalize(_ code: Int32) { _ = fc_mpi_finalize(code) }

    /// MPI itself ends all ranks where an exchange fails; what is left are messages beyond 2 GiB.
    private static func expect(_ error: Int32) { precondition(error == 0, "error \(error) of \(version)") }
}

/// What the environment says of whoever has started this process as one of several.
package enum Launcher {
    package static func variable(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }

    /// The number of processes; nil where no launcher says so.
    package static var size: Int? {
        ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"].lazy.compactMap(variable).first
    }

    /// The place of this process among them; nil where no launcher says so.
    package static var rank: Int? {
        let names = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"]
        return names.lazy.compactMap(variable).first
            ?? (variable("SLURM_STEP_NUM_TASKS") == nil ? nil : variable("SLURM_PROCID"))
    }
}
