import Gradients
import Networks
import Scores

/// The classifier should agree with the average of its own past weights: the mean of (p(y|x) − p_teacher(y|x))² over
/// images and classes, each under dropout of its own, the teacher held fixed. Tarvainen & Valpola, *Mean teachers are
/// better role models*, NIPS 2017, eqs. 1 and 2.
///
/// As for ``PiModel``, the paper's weight is relative to a label term that is divided by the whole mixed batch of one
/// labelled image in 100; with a labelled batch of its own the same balance is 100.
public struct MeanTeacher: Regularizer {
    public let metric = Metric.consistency

    public init() {}

    public func loss(_ batch: UnlabelledBatch) -> Variable {
        meanSquaredDifference(batch.logPosterior, batch.teacherLogPosterior())
    }
}
