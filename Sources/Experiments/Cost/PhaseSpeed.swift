/// How fast this machine makes one phase of a recipe, measured on generated images.
struct PhaseSpeed: Codable, Sendable, Equatable {
    /// Initialisation at the phase's first step.
    var start = ComputeTime.zero
    /// One update; in a joint phase one of the energy.
    var update = ComputeTime.zero
    /// One update of the flow in a joint phase.
    var flowUpdate = ComputeTime.zero
    /// p(y|x) of one image.
    var classification = ComputeTime.zero
    /// log p and log q of one image.
    var density = ComputeTime.zero
    /// log q of one image.
    var flowDensity = ComputeTime.zero
    /// One sample of the flow, or of the generator.
    var sample = ComputeTime.zero
    /// A variational autoencoder's bound for one image.
    var bound = ComputeTime.zero
    /// One picture of the densities in the plane.
    var picture = ComputeTime.zero
    /// Writing one checkpoint.
    var checkpoint = ComputeTime.zero
}

/// How fast this machine probes features.
struct ProbeSpeed: Codable, Sendable, Equatable {
    /// One number of labels of a draw.
    struct Problem: Codable, Sendable, Equatable {
        /// Making the problem from the features of a draw.
        var making = ComputeTime.zero
        /// Solving it for one C, and testing the solution.
        var solving = ComputeTime.zero
    }

    /// The features of one image.
    var features = ComputeTime.zero
    /// In the order of the recipe's numbers of labels.
    var problems: [Problem] = []
}
