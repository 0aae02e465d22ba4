extension Predictions {
    /// How well confidence ranks mistakes: the area under the ROC curve of max_k p(k|x) at telling rightly classified
    /// images from wrongly classified ones, which is the probability that a right answer is surer than a wrong one, ties
    /// counting half. Hendrycks & Gimpel, *A Baseline for Detecting Misclassified and Out-of-Distribution Examples in
    /// Neural Networks*, ICLR 2017, section 3.1.
    ///
    /// Temperature scaling of two classes leaves it as it is; of more it may reorder images. Nil where all answers are
    /// right, or all wrong, and where a confidence is not a number.
    public var mistakeAUROC: Double? {
        let confidences = zip(predicted, wrong).enumerated().map { image, answer in
            (value: Double(probabilities[image * classes + answer.0]), isWrong: answer.1)
        }
        let area = areaUnderROC(
            positives: confidences.filter { !$0.isWrong }.map(\.value),
            negatives: confidences.filter(\.isWrong).map(\.value))
        return area.isNaN ? nil : area
    }
}
