/// The JSON of a safetensors header: objects, arrays, strings and non-negative integers. Foundation's parser
/// takes the last of two equal keys; here that is an error.
package indirect enum StrictJSON {
    case object([Member])
    case array([StrictJSON])
    case string(String)
    case integer(Int)

    /// Members keep the order of the text.
    package struct Member {
        package let name: String
        package let value: StrictJSON
    }

    package static func parse(_ bytes: ArraySlice<UInt8>) throws(SafetensorsDefect) -> StrictJSON {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw SafetensorsDefect("the header is not UTF-8")
        }
        var parser = StrictParser(bytes: bytes, index: bytes.startIndex)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.index == bytes.endIndex else { throw parser.defect() }
        return value
    }
}

/// Reads one value after another from valid UTF-8.
private struct StrictParser {
    let bytes: ArraySlice<UInt8>
    var index: Int

    func defect() -> SafetensorsDefect {
        SafetensorsDefect("its header is not the JSON of the format (byte \(index))")
    }

    mutating func skipSpace() {
        while index < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }

    /// Consumes `byte` after white space, or does nothing.
    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        skipSpace()
        guard index < bytes.endIndex, bytes[index] == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ byte: Unicode.Scalar) throws(SafetensorsDefect) {
        guard take(byte) else { throw defect() }
    }

    mutating func value(depth: Int) throws(SafetensorsDefect) -> StrictJSON {
        guard depth < 4 else { throw defect() }
        if take("{") { return .object(try members(depth: depth)) }
        if take("[") { return .array(try elements(depth: depth)) }
        if take("\"") { return .string(try string()) }
        return .integer(try integer())
    }

    private mutating func members(depth: Int) throws(SafetensorsDefect) -> [StrictJSON.Member] {
        var members: [StrictJSON.Member] = []
        var names: Set<String> = []
        if take("}") { return members }
        repeat {
            try expect("\"")
            let name = try string()
            guard names.insert(name).inserted else {
                throw SafetensorsDefect("the name \(name) occurs twice")
            }
            try expect(":")
            members.append(StrictJSON.Member(name: name, value: try value(depth: depth + 1)))
        } while take(",")
        try expect("}")
        return members
    }

    private mutating func elements(depth: Int) throws(SafetensorsDefect) -> [StrictJSON] {
        var elements: [StrictJSON] = []
        if take("]") { return elements }
        repeat { elements.append(try value(depth: depth + 1)) } while take(",")
        try expect("]")
        return elements
    }

    private mutating func integer() throws(SafetensorsDefect) -> Int {
        let start = index
        while index < bytes.endIndex, (0x30...0x39).contains(bytes[index]) { index += 1 }
        let digits = String(decoding: bytes[start..<index], as: UTF8.self)
        guard let integer = Int(digits), digits == "0" || !digits.hasPrefix("0") else { throw defect() }
        return integer
    }

    /// The rest of a string after its opening quote.
    private mutating func string() throws(SafetensorsDefect) -> String {
        var units: [UInt8] = []
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
            case UInt8(ascii: "\\"): units += Array(String(try escaped()).utf8)
            case ..<0x20: throw defect()
            default: units.append(byte)
            }
        }
        throw defect()
    }

    private mutating func escaped() throws(SafetensorsDefect) -> Unicode.Scalar {
        guard index < bytes.endIndex else { throw defect() }
        index += 1
        switch bytes[index - 1] {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicode()
        default: throw defect()
        }
    }

    /// Four hexadecimal digits, or two such groups of a surrogate pair.
    private mutating func unicode() throws(SafetensorsDefect) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), bytes[index...].starts(with: [0x5C, 0x75]) else {
            throw defect()
        }
        index += 2
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw defect() }
        return scalar
    }

    private mutating func hexadecimal() throws(SafetensorsDefect) -> UInt32 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw defect() }
        index += 4
        return number
    }
}
