import Foundation
import Runs
import Tensors
import TestSupport
import Testing

private var isPossible: Bool {
    #if arch(x86_64)
    Device.cpu.handicap == nil
    #else
    false
    #endif
}

extension CommandLine {
    /// What users get who limit oneDNN, as machines without the newer instructions do.
    @Suite(.enabled(if: isPossible, "not x86-64, or oneDNN is not installed"))
    struct OlderProcessorTests {
        private let limits = ["ONEDNN_MAX_CPU_ISA": "SSE41", "OPENBLAS_CORETYPE": "Prescott"]

        @Test func doctorSaysWhatIsInUse() throws {
            try withFolder { folder in
                let facts = try Tool.run("doctor", "--json", in: folder, environment: limits).object()
                #expect((facts["onednn"] as? String)?.hasSuffix("SSE4.1 kernels") == true)
                #expect(facts["openblasCore"] as? String == "Prescott")
                #expect(facts["precision"] as? String == "float32")
            }
        }

        /// `precision = "auto"` must choose float32, and all phases follow those of this processor in float32.
        @Test func trainingFollowsThisProcessors() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/auto.toml")
                try write("precision = \"float32\"\n" + tinyRecipe, to: "\(folder)/float32.toml")
                func metrics(_ name: String, _ environment: [String: String]) throws -> MetricsLog {
                    let output = try Tool.run(
                        "train", "\(name).toml", "--out", name, "--threads", "2", in: folder,
                        environment: environment)
                    #expect(output.status == 0, "\(output.err)")
                    return try RunFiles(path: "\(folder)/\(name)").metrics()
                }
                let (older, newer) = (try metrics("auto", limits), try metrics("float32", [:]))
                for column in ["bpd", "labelLoss", "value", "vat"] {
                    expectClose(
                        older.column(column).values, newer.column(column).values, relative: 1e-3, column)
                }
            }
        }
    }
}
