import System

/// Writes byte arrays as a MATLAB level 5 file of compressed variables, as MATLAB's `-v7` and scipy do.
enum MatlabWriter {
    /// A column-major uint8 array.
    struct Variable {
        let name: String
        let dimensions: [Int]
        let bytes: [UInt8]
    }

    static func write(_ variables: [Variable]) -> [UInt8] {
        let text = "MATLAB 5.0 MAT-file, written by FlowContrast"
        var file = Array(text.utf8) + [UInt8](repeating: 0x20, count: 116 - text.utf8.count)
        file += [UInt8](repeating: 0, count: 8) + [0x00, 0x01, 0x49, 0x4D]
        for variable in variables {
            let compressed = deflated(matrix(variable))
            file += little(15) + little(compressed.count) + compressed
        }
        return file
    }

    private static func matrix(_ variable: Variable) -> [UInt8] {
        precondition(checkedProduct(variable.dimensions) == variable.bytes.count)
        let uint8Class = 9
        let body =
            element(6, little(uint8Class) + little(0)) + element(5, variable.dimensions.flatMap(little))
            + element(1, Array(variable.name.utf8)) + element(2, variable.bytes)
        return little(14) + little(body.count) + body
    }

    private static func element(_ type: Int, _ bytes: [UInt8]) -> [UInt8] {
        little(type) + little(bytes.count) + bytes + [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
    }

    private static func little(_ value: Int) -> [UInt8] {
        let word = UInt32(value)
        return (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
    }
}
