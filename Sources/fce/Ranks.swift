import ArgumentParser
import Foundation
import Runs
import System
import Tensors

/// `--ranks` and `--shards`, as commands take them that several processes run together.
struct RankOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Train with so many processes, which mpirun or srun has started: one run over several machines.",
            valueName: "n"))
    var ranks: Int?

    @Option(
        help: ArgumentHelp(
            "Divide batches into so many shards, a power of two: numbers then do not depend on --ranks.",
            valueName: "s"))
    var shards: Int?

    func validate() throws {
        if let ranks {
            // Until the ranks know each other, the launcher's first one speaks for all.
            Console.isSilent = (Launcher.rank ?? 0) > 0
            guard (1...4096).contains(ranks) else { throw ValidationError("--ranks takes 1 to 4096.") }
        }
        guard let shards else { return }
        guard shards > 0, shards & (shards - 1) == 0, shards % (ranks ?? 1) == 0 else {
            throw ValidationError("--shards takes a power of two that --ranks divides.")
        }
    }

    /// Runs `body` on the ranks that the launcher has started, or on this process alone.
    ///
    /// - Parameter farewell: what a process says that a second signal ends at once, where `body` stops after the first; nil where
    ///   any signal ends the process.
    func run(farewell: String? = nil, _ body: (World) throws -> Void) throws {
        guard let ranks else {
            try refuseLauncher()
            if let farewell { Interruption.install(farewell: farewell) }
            return try body(shards.map { World(shards: $0) } ?? .alone)
        }
        let mpi = try MPI()
        guard mpi.size == ranks else {
            mpi.finalize(ExitCode.validationFailure.rawValue)
            throw ValidationError(mismatch(ranks, mpi.size))
        }
        let world = World(mpi, shards: shards)
        Console.isSilent = !world.isFirst
        if let farewell {
            Interruption.install(farewell: world.isFirst ? farewell : "", isRank: ranks > 1)
        }
        do { try body(world) } catch { throw leave(world, error) }
        try Console.finish()
        mpi.finalize(ExitCode.success.rawValue)
    }

    /// Several processes that know nothing of each other would train the same run.
    private func refuseLauncher() throws {
        guard let size = Launcher.size, size > 1 else { return }
        Console.isSilent = (Launcher.rank ?? 0) > 0
        throw ValidationError(
            "A launcher has started this as one of \(size) processes: add --ranks \(size), or start it without one."
        )
    }

    private func mismatch(_ ranks: Int, _ size: Int) -> String {
        let launched = Launcher.size ?? 1
        if launched == ranks {
            return "\(MPI.version) finds \(size) of \(ranks) ranks: it is not the library of the launcher. "
                + "Name the launcher's library in the environment variable FC_MPI."
        }
        if launched == 1 {
            return "--ranks \(ranks) are processes that a launcher starts: "
                + "mpirun -n \(ranks) fce train …, or srun -n \(ranks) fce train …."
        }
        return "--ranks \(ranks), but the launcher has started \(size): give both the same number."
    }

    /// Ends this rank's part after an error: where all ranks have come here, the first of them says why; else this one does and ends
    /// the others.
    private func leave(_ world: World, _ error: any Error) -> ExitCode {
        let code = FCE.code(of: error)
        guard let codes = world.communicator.farewell(code.rawValue, seconds: 10) else {
            Console.isSilent = false
            FCE.say(error, "rank \(world.rank): ")
            world.communicator.abort(code.rawValue)
            return code
        }
        Console.isSilent = codes.firstIndex { $0 != 0 } != world.rank
        FCE.say(error)
        world.communicator.finalize(code.rawValue)
        return code
    }
}

extension FCE {
    /// What the process ends with after an error.
    static func code(of error: any Error) -> ExitCode {
        (error as? UserError).map { ExitCode($0.kind.rawValue) } ?? exitCode(for: error)
    }

    /// Says in one line what is wrong; nothing for an exit code alone.
    static func say(_ error: any Error, _ prefix: String = "") {
        guard !(error is ExitCode) else { return }
        let text = error is UserError ? "\(error)" : message(for: error)
        Console.error("fce: error: \(prefix)\(text)")
    }
}
