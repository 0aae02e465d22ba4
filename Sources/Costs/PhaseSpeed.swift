/// How fast this machine makes one phase of a recipe, measured on generated images.
package struct PhaseSpeed: Codable, Sendable, Equatable {
    /// Initialisation at the phase's first step.
    package var start = ComputeTime.zero
    /// One update; in a joint phase one of the energy.
    package var update = ComputeTime.zero
    /// One update of the flow in a joint phase.
    package var flowUpdate = ComputeTime.zero
    /// One update of every model that the phase trains.
    package var both: ComputeTime { update + flowUpdate }
    /// p(y|x) of one image.
    package var classification = ComputeTime.zero
    /// log p and log q of one image.
    package var density = ComputeTime.zero
    /// log q of one image.
    package var flowDensity = ComputeTime.zero
    /// One sample of the flow, or of the generator.
    package var sample = ComputeTime.zero
    /// A variational autoencoder's bound for one image.
    package var bound = ComputeTime.zero
    /// One picture of the densities in the plane.
    package var picture = ComputeTime.zero
    /// Writing one checkpoint.
    package var checkpoint = ComputeTime.zero
}

/// How fast this machine probes features.
package struct ProbeSpeed: Codable, Sendable, Equatable {
    /// One number of labels of a draw.
    package struct Problem: Codable, Sendable, Equatable {
        /// Making the problem from the features of a draw.
        package var making = ComputeTime.zero
        /// Solving it for one C, and testing the solution.
        package var solving = ComputeTime.zero
    }

    /// The features of one image.
    package var features = ComputeTime.zero
    /// In the order of the recipe's numbers of labels.
    package var problems: [Problem] = []
}
