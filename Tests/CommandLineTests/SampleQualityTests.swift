import Datasets
import EnergyModels
import Evaluation
import FeatureDistances
import Foundation
import Methods
import Networks
import Runs
import Scores
import System
import Tensors
import TestSupport
import Testing
import Training

extension CommandLine {
    @Suite struct SampleQualityTests {
        /// A copy of the shared run, so that what is kept in it is not seen by other tests.
        private func withCopy(_ body: (String) throws -> Void) throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                try FileManager.default.copyItem(atPath: TinyRun.path, toPath: "\(folder)/run")
                try body(folder)
            }
        }

        @Test func samplesAreComparedInTheFeaturesOfAClassifier() throws {
            try withCopy { folder in
                let words = [
                    "eval", "run", "--features", "run", "--samples", "60", "--threads", "2", "--json",
                ]
                let output = try Tool.start(words, in: folder).finish()
                #expect(output.status == 0, "\(output.err)")
                struct Answer: Decodable {
                    let frechetDistance, kernelDistance: Double, sampleQuality: [SampleQuality]
                }
                let answer = try JSONDecoder().decode(Answer.self, from: Data(output.out.utf8))
                let expected = try distances("\(folder)/run", samples: 60)
                expectClose([answer.frechetDistance], [expected.frechet], relative: 1e-6)
                expectClose([answer.kernelDistance], [expected.kernel], relative: 1e-5)
                #expect(answer.sampleQuality[0].samples == 60 && answer.sampleQuality[0].kind == .classifier)

                // What is kept is in tables, and the features of the images are computed once.
                let files = RunFiles(path: "\(folder)/run")
                #expect(try files.result().scores[.frechetDistance] == answer.frechetDistance)
                let cached = try Files.list("\(folder)/Runs/features")
                #expect(cached.count == 1)
                let table = try Tool.run("table", "run", in: folder)
                #expect(table.out.contains("Fréchet distance"), "\(table.err)")
                let again = try Tool.start(words, in: folder).finish()
                #expect(again.out == output.out)
            }
        }

        /// The same by hand: bytes, the last maps averaged over pixels, moments.
        private func distances(_ path: String, samples: Int) throws -> (frechet: Double, kernel: Double) {
            let run = try LoadedRun(at: path, threads: 2)
            let (backend, data) = (run.backend, try run.data())
            let energy = try #require(run.state.energy)
            let store = try #require(run.state.evaluatedEnergyStore)
            func features(_ values: [Float], _ count: Int) throws -> Tensor {
                let images = backend.tensor(values, Shape([count] + data.extents), backend.real)
                let pass = Pass.inference(store)
                let top = try #require(energy.layerNames.last)
                let maps = energy.featureMaps(pass.constant(images), pass, layers: [top])[0]
                let (pixels, width) = (maps.shape[1] * maps.shape[2], maps.shape[3])
                let numbers = backend.doubles(maps)
                let means = (0..<count * width).map { index in
                    (0..<pixels).reduce(0) {
                        $0 + numbers[(index / width * pixels + $1) * width + index % width]
                    } / Double(pixels)
                }
                return backend.tensor(means, [count, width], backend.real)
            }
            let drawn = try #require(try run.state.samples(samples, seed: run.recipe.seed))
            let bytes = backend.floats(drawn).map { min(max((($0 + 0.5) * 256).rounded(.down), 0), 255) }
            let key = RandomKey(seed: 0, purpose: .evaluation)
            let images = data.train.values(
                at: Array(0..<data.train.count), dequantize: .centre, key: key)
            let (a, b) = (
                try features(bytes.map { ($0 + 0.5) / 256 - 0.5 }, samples),
                try features(images, data.train.count)
            )
            let distance = frechetDistance(FeatureMoments(a, backend), FeatureMoments(b, backend), backend)
            var stream = RandomStream(key)
            let shuffled = backend.gatherRows(b, stream.permutation(data.train.count))
            return (distance, try #require(KernelDistance(a, shuffled, backend)).value)
        }

        @Test func inceptionTakesAFileOfWeights() throws {
            try withCopy { folder in
                let missing = try Tool.run("eval", "run", "--fid", in: folder)
                #expect(missing.status == UserError.Kind.missing.rawValue)
                #expect(
                    missing.err.contains("Data/inception.safetensors")
                        && missing.err.contains("Examples/inception.py"))
                var file = try SafetensorsFile(path: Golden.path("fid"))
                let prefix = "inception."
                let weights = file.tensors.filter { $0.key.hasPrefix(prefix) }
                file.tensors = Dictionary(
                    uniqueKeysWithValues: weights.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
                try file.write(to: "\(folder)/w.safetensors")
                let name = try #require(file.tensors.keys.min())
                let entry = try #require(file.tensors[name])
                file.tensors[name] = SafetensorsEntry(
                    floats: [Float](repeating: .nan, count: try #require(entry.floats()).count),
                    shape: entry.shape)
                try file.write(to: "\(folder)/nan.safetensors")
                let damaged = try Tool.run(
                    "eval", "run", "--fid", "--inception", "nan.safetensors", in: folder)
                #expect(
                    damaged.status == 65 && damaged.err.contains("\(name) is not finite"), "\(damaged.err)")
                let output = try Tool.run(
                    "eval", "run", "--fid", "--inception", "w.safetensors", "--samples", "20", in: folder)
                #expect(output.status == 0, "\(output.err)")
                #expect(output.out.contains("FID") && output.out.contains("resized to 299x299"))
                #expect(try RunFiles(path: "\(folder)/run").result().scores[.fid] != nil)
            }
        }
    }
}
