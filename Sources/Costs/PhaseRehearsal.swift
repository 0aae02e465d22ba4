import Foundation
import System
import Tensors
import Training

/// One phase of a recipe as this machine makes it: models, batches and data at their own sizes, for a few updates.
package struct PhaseRehearsal: Codable, Sendable, Equatable {
    package let speed: PhaseSpeed
    /// The most resident memory of the process, bytes.
    package let peakBytes: Int
    package let checkpointBytes: Int
    /// Processors that other programs used meanwhile; nil where that did not slow the updates.
    package let busyProcessors: Double?

    /// Seconds that the timed updates may take.
    private static let budget = 6.0

    /// Rehearses it in this process, which should do nothing else: the memory is that of its whole life.
    /// - Throws: `UserError(.memory)` where the phase does not fit, `.recipe` for threads that the machine does not have.
    package init(_ recipe: Recipe, phase index: Int, _ size: DataSize, threads: Int?) throws {
        let backend = try Device.standard.open(threads: threads, precision: recipe.precision)
        let phase = recipe.phases[index].settings
        let work = phase.otherWork(recipe, unlabelled: size.unlabelled(recipe))
        // What fills in the course of hours takes its memory from the start.
        let held = HeldMemory(bytes: Int(work.heldBytes))
        let load = MachineLoad()
        let trial = try SpeedTrial(
            recipe, phase: index, backend: backend, budget: Self.budget, size: size)
        speed = try trial.measure()
        busyProcessors = load.disturbance(threads: backend.threads)
        (peakBytes, checkpointBytes) = (ResidentMemory.peak ?? 0, trial.checkpointBytes)
        withExtendedLifetime(held) {}
    }
}

/// Memory that is there and does nothing.
private final class HeldMemory {
    private let memory: UnsafeMutableRawBufferPointer

    init(bytes: Int) {
        memory = .allocate(byteCount: bytes, alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 1)
    }

    deinit { memory.deallocate() }
}
