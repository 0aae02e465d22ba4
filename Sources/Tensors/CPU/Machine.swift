import CKernels

/// The processor this runs on.
struct Machine: Sendable {
    let name: String
    /// What processor and system offer, widest first, as a run header prints it; libraries may use less.
    let instructionSet: String

    static let current = Machine()
    /// Processors that this process may run on, no more than its container has time of.
    static var availableProcessors: Int {
        let processors = Int(fc_available_processors())
        let limit = ControlGroups.current.processors ?? .infinity
        return max(Int(min(limit.rounded(.up), Double(processors))), 1)
    }
    /// Bytes that the system, swap included, or the process' container can still give to all processes together; nil
    /// where neither says.
    static var availableMemory: Int? {
        let system = fc_available_memory()
        return [system < 0 ? nil : system, ControlGroups.current.memory].compactMap(\.self).min()
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

/// The source that the program was built from, where the build was told.
public enum BuiltSource {
    /// The commit of a release; nil for other builds.
    public static var commit: String? {
        let commit = String(cString: fc_source_commit())
        return commit.isEmpty ? nil : commit
    }
}
