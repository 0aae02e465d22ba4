/// A sequential colour map that ascends evenly in lightness, readable without colour vision and in grey.
enum ColorMap {
    /// Viridis (van der Walt and Smith, 2015) at nine even positions.
    private static let anchors: [(Double, Double, Double)] = [
        (68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141), (39, 173, 129),
        (92, 200, 99), (170, 220, 50), (253, 231, 37),
    ]

    /// 256 colours as red, green, blue bytes.
    static let palette: [UInt8] = (0..<256).flatMap { index in
        let position = Double(index) / 255 * Double(anchors.count - 1)
        let below = min(Int(position), anchors.count - 2)
        let share = position - Double(below)
        let (a, b) = (anchors[below], anchors[below + 1])
        return [(a.0, b.0), (a.1, b.1), (a.2, b.2)].map { UInt8(($0 + share * ($1 - $0)).rounded()) }
    }
}
