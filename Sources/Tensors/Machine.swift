import CKernels

/// The processor this runs on.
struct Machine: Sendable {
    let name: String
    /// What processor and system offer, widest first, as a run header prints it; libraries may use less.
    let instructionSet: String

    static let current = Machine()
    /// Processors that this process may run on.
    static var availableProcessors: Int { Int(fc_available_processors()) }
    /// Bytes that the system can still give, swap included, to all processes together; nil where it does not say.
    static var availableMemory: Int? {
        let bytes = fc_available_memory()
        return bytes < 0 ? nil : bytes
    }

    private init() {
        let sets = Int(fc_instruction_sets())
        let has = { (set: Int) in sets & set != 0 }
        let names = [
            (FC_AMX_BF16, "AMX-BF16"), (FC_AVX512_BF16, "AVX512-BF16"), (FC_AVX512, "AVX-512"),
            (FC_AVX2, "AVX2"),
        ]
        let present = names.filter { has(Int($0.0)) }.map(\.1)
        instructionSet = present.isEmpty ? "baseline" : present.joined(separator: ", ")
        var text = [CChar](repeating: 0, count: 64)
        fc_processor_name(&text, text.count)
        let brand = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        name = brand.isEmpty ? "unknown" : brand
    }
}
