import System

/// An array of NumPy's `.npy` format (NEP 1, versions 1 to 3): a header, a Python dictionary as text, and the numbers.
struct NumPyArray {
    /// The type as NumPy names it, such as `|u1`: byte order, kind and bytes a number.
    let type: String
    let isColumnMajor: Bool
    let shape: [Int]
    /// The numbers, row-major unless ``isColumnMajor``; empty where only the header was read.
    let bytes: [UInt8]
    /// No header of an array of numbers is longer.
    static let headerLimit = 4096

    /// - Parameters:
    ///   - name: what the array is called in `file`.
    ///   - headerOnly: `bytes` may end after the header.
    /// - Throws: `UserError(.data)` for anything but a whole array of one simple type.
    init(_ bytes: [UInt8], name: String, file: String, headerOnly: Bool = false) throws(UserError) {
        guard bytes.starts(with: [0x93] + Array("NUMPY".utf8)), let version = bytes.little(6, 1),
            let length = bytes.little(8, version == 1 ? 2 : 4)
        else { throw .damaged(file, "\(name) is no NumPy array") }
        let start = version == 1 ? 10 : 12
        guard 1...3 ~= version, length <= Self.headerLimit, start + length <= bytes.count,
            let header = String(validating: bytes[start..<start + length], as: UTF8.self),
            let fields = PythonFields(header), let type = fields.text["descr"], let shape = fields.shape,
            let isColumnMajor = fields.flag["fortran_order"]
        else { throw .damaged(file, "\(name) has a damaged header, or is no array of plain numbers") }
        (self.type, self.isColumnMajor, self.shape) = (type, isColumnMajor, shape)
        guard let count = checkedProduct(shape), let width = Self.width(type),
            let size = checkedProduct([count, width])
        else { throw .damaged(file, "\(name) claims \(type) numbers in the shape \(shape)") }
        let rest = bytes[(start + length)...]
        guard !headerOnly else {
            self.bytes = []
            return
        }
        guard rest.count == size else {
            throw .damaged(
                file, "\(name) has \(rest.count) bytes of numbers, not the \(size) of its shape \(shape)")
        }
        self.bytes = Array(rest)
    }

    private static func width(_ type: String) -> Int? {
        guard let first = type.first, "<>|=".contains(first), let width = Int(type.dropFirst(2)) else {
            return nil
        }
        return 1...64 ~= width ? width : nil
    }

    /// Whole numbers of any width, little-endian; nil for other types.
    func integers() -> [Int]? {
        guard let kind = type.dropFirst().first, kind == "i" || kind == "u", let width = Self.width(type),
            [1, 2, 4, 8].contains(width), type.first == "<" || width == 1
        else { return nil }
        return stride(from: 0, to: bytes.count, by: width).map { position in
            let bits = bytes[position..<position + width].reversed().reduce(UInt64(0)) {
                $0 << 8 | UInt64($1)
            }
            let unused = 64 - 8 * width
            return kind == "i"
                ? Int(Int64(bitPattern: bits << UInt64(unused)) >> Int64(unused)) : Int(clamping: bits)
        }
    }
}

/// The dictionary of an array's header, such as `{'descr': '|u1', 'fortran_order': False, 'shape': (3, 32, 32, 3), }`.
private struct PythonFields {
    private(set) var text: [String: String] = [:]
    private(set) var flag: [String: Bool] = [:]
    private(set) var shape: [Int]?
    private var rest: Substring

    /// Nil for another dictionary.
    init?(_ header: String) {
        rest = header[...]
        guard take("{") else { return nil }
        while !take("}") {
            guard let key = quoted(), take(":"), value(of: key) else { return nil }
            _ = take(",")
        }
        guard rest.allSatisfy(\.isWhitespace) else { return nil }
    }

    private mutating func value(of key: String) -> Bool {
        if let word = quoted() {
            text[key] = word
        } else if take("True") {
            flag[key] = true
        } else if take("False") {
            flag[key] = false
        } else if take("(") {
            guard let numbers = numbers(), key == "shape" else { return false }
            shape = numbers
        } else {
            return false
        }
        return true
    }

    private mutating func numbers() -> [Int]? {
        var numbers: [Int] = []
        while !take(")") {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int(digits), numbers.count < 32 else { return nil }
            rest = rest.dropFirst(digits.count)
            numbers.append(number)
            guard take(",") || rest.first == ")" else { return nil }
        }
        return numbers
    }

    private mutating func quoted() -> String? {
        guard take("'"), let end = rest.firstIndex(of: "'") else { return nil }
        defer { rest = rest[end...].dropFirst() }
        return String(rest[..<end])
    }

    /// Takes `token` and the blanks around it, if it comes next.
    private mutating func take(_ token: String) -> Bool {
        let trimmed = rest.drop { $0 == " " }
        guard trimmed.hasPrefix(token) else { return false }
        rest = trimmed.dropFirst(token.count)
        if token != "'" { rest = rest.drop { $0 == " " } }
        return true
    }
}
