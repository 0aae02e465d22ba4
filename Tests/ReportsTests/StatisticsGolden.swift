// Written by Tests/Golden/generate_statistics.py; do not edit.

enum StatisticsGolden {
    static let errorRate = 0.498
    static let negativeLogLikelihood = 1.1750740005693874
    static let brierScore = 0.6347942140831387
    static let expectedCalibrationError = 0.08868178415298462
    /// Fitted on the first 200 images, with the scores of all scaled predictions.
    static let temperature = 1.400232120112501
    static let scaledNegativeLogLikelihood = 1.1486968283872643
    static let scaledBrierScore = 0.6236374786168098
    static let scaledCalibrationError = 0.048230398321127486
    static let classErrors = [0.48571428571428577, 0.5, 0.48920863309352514, 0.5147058823529411]
    static let confusion = [[54, 19, 11, 21], [20, 60, 18, 22], [26, 16, 71, 26], [30, 30, 10, 66]]
    static let bootstrapDifference = -0.024000000000000014
    /// 100,000 resamples of numpy's own generator.
    static let bootstrapInterval = (-0.057000000000000016, 0.008999999999999982)
    static let auroc = 0.6451041666666667
    static let seedMean = 7.293333333333333
    static let seedDeviation = 0.33531080109852307
    static let seedInterval = (-0.589624872832722, 1.0762915394993884)
    /// The 97.5 % quantiles of t with 1 ... 29 degrees of freedom.
    static let studentQuantiles: [Double] = [
        12.706204736174694,
        4.302652729749462,
        3.1824463052837078,
        2.7764451051977934,
        2.5705818356363146,
        2.4469118511449786,
        2.364624251592784,
        2.306004135204166,
        2.262157162798205,
        2.228138851986274,
        2.200985160091639,
        2.1788128296672284,
        2.1603686564627913,
        2.144786687917804,
        2.131449545559776,
        2.1199052992212546,
        2.1098155778333156,
        2.1009220402410382,
        2.0930240544083087,
        2.085963447265864,
        2.0796138447276795,
        2.0738730679040254,
        2.0686576104190486,
        2.0638985616280245,
        2.0595385527532972,
        2.0555294386428735,
        2.0518305164802846,
        2.0484071417952454,
        2.045229642132703,
    ]
}
