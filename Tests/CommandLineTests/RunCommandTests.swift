import Evaluation
import Foundation
import Runs
import Scores
import Testing

extension CommandLine {
    /// Commands that read a finished run.
    @Suite struct RunCommandTests {
        private let run = "Runs/tiny/seed-1"

        private func fce(_ arguments: String...) throws -> Tool.Output {
            _ = try TinyRun.output()
            let output = try Tool.start(arguments, in: TinyRun.folder).finish()
            try #require(output.status == 0, "\(output.err)")
            return output
        }

        @Test func evalRepeatsTheScoresOfTheRun() throws {
            let score = try fce("eval", run, "--json", "--threads", "2").object()
            let result = try RunFiles(path: TinyRun.path).result()
            // The two files are read by different JSON parsers, which may differ in the last bit of a number.
            let stored = [
                "testError": result.scores[.testError], "testNLL": result.scores[.testNLL],
                "ece": result.scores[.ece], "aurocMistakes": result.scores[.aurocMistakes],
                "flowBitsPerDim": result.scores[.flowBitsPerDim],
                "energyBitsPerDim": result.scores[.energyBitsPerDim],
            ]
            for (name, value) in stored {
                let (printed, value) = (try #require(score[name] as? Double), try #require(value))
                #expect(abs(printed - value) <= 1e-14 * abs(value), "\(name): \(printed), not \(value)")
            }
            #expect(score["phaseNumber"] as? Int == 3 && score["testCount"] as? Int == 36)
            let brier = try #require(score["brier"] as? Double)
            #expect((0...2).contains(brier))
            let confusion = try #require(score["confusion"] as? [[Int]])
            #expect(confusion.count == 4 && confusion.joined().reduce(0, +) == 36)
        }

        @Test func verboseSaysWhatTheNumbersComeFrom() throws {
            let output = try fce("eval", run, "--verbose", "--threads", "1")
            let weights = "weights: \(run)/checkpoints/weights-2-joint.safetensors"
            #expect(output.err.contains(weights) && output.err.contains("data: synthetic, 36 test examples"))
            #expect(try fce("eval", run, "--quiet", "--threads", "1").out == output.out)
            let both = try Tool.run("predict", run, run, "--quiet", "--verbose", in: TinyRun.folder)
            #expect(both.status == 64 && both.err.contains("not both"))
        }

        @Test func evalScoresEarlierPhasesAndPrintsForPeople() throws {
            let flow = try fce("eval", run, "--phase", "1", "--json").object()
            #expect(flow["testError"] is NSNull && flow["flowBitsPerDim"] is Double)
            let whole = try fce("eval", run, "--json").object()
            #expect(flow.keys.sorted() == whole.keys.sorted())
            #expect(whole["classNames"] as? [String] == (0..<4).map { "class \($0)" })
            let text = try fce("eval", run).out
            let words = [
                "test error", "NLL", "ECE", "Brier", "confidence AUROC", "bits/dim", "log Z", "confusion",
            ]
            for word in words {
                #expect(text.contains(word))
            }
            let none = try Tool.run("eval", run, "--phase", "4", in: TinyRun.folder)
            #expect(none.status == 66 && none.err.contains("1, 2, 3"))
        }

        /// Runs the body with a copy of the run that may be written to, and the folder it is in.
        private func withCopy(_ body: (String) throws -> Void) throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                try FileManager.default.copyItem(atPath: TinyRun.path, toPath: "\(folder)/run")
                try body(folder)
            }
        }

        @Test func evalKeepsWhatItSaysOfOtherImages() throws {
            try withCopy { folder in
                let words = ["eval", "run", "--ood", "noise", "--ood", "pictures=run/samples", "--json"]
                let output = try Tool.start(words, in: folder).finish()
                #expect(output.status == 0, "\(output.err)")
                let sets = try #require(try output.object()["otherSets"] as? [[String: Any]])
                #expect(sets.map { $0["name"] as? String } == ["noise", "pictures"])
                #expect(sets.map { $0["images"] as? Int } == [36, 2])
                for score in ["aurocLogP", "aurocLogRatio", "aurocConfidence"] {
                    let area = try #require(sets[0][score] as? Double)
                    #expect((0...1).contains(area))
                }
                let again = try Tool.run("eval", "run", "--ood", "constant", "--ood", "noise", in: folder)
                #expect(
                    again.out.contains("AUROC of test images against others")
                        && again.out.contains("constant"))
                let kept = try RunFiles(path: "\(folder)/run").evaluation()
                #expect(kept.otherSets?.map(\.name) == ["pictures", "constant", "noise"])
                let noise = try #require(kept.otherSets?.last)
                let test = try #require(kept.energies?.dataLogP)
                try #require(test.count == 36 && noise.logP.count == 36)
                // Every pair of a test image and another one, counted.
                let above = test.map { one in noise.logP.count { one > $0 } }.reduce(0, +)
                #expect(abs(try #require(noise.aurocLogP) - Double(above) / (36 * 36)) < 1e-12)
                #expect(kept.phases == (try RunFiles(path: TinyRun.path).evaluation().phases))
                #expect(try Tool.run("report", "run", in: folder).status == 0)
                #expect(
                    try String(contentsOfFile: "\(folder)/run/report.html", encoding: .utf8).contains(
                        "AUROC: the probability that a test image")
                )
            }
        }

        @Test func otherImagesOfAnEarlierPhaseAreNotKept() throws {
            try withCopy { folder in
                let words = ["eval", "run", "--phase", "2", "--ood", "noise"]
                let output = try Tool.start(words, in: folder).finish()
                #expect(output.status == 0 && output.err.contains("not kept"))
                #expect(try RunFiles(path: "\(folder)/run").evaluation().otherSets == nil)
            }
        }

        @Test func otherImagesThatCannotBeReadAreAnError() throws {
            func status(_ set: String...) throws -> Int32 {
                let words = ["eval", run] + set.flatMap { ["--ood", $0] }
                return try Tool.start(words, in: TinyRun.folder).finish().status
            }
            _ = try TinyRun.output()
            #expect(try status("cifar10") == 64)
            #expect(try status("noise", "noise") == 64)
            #expect(try status("a=nowhere") == 66)
            #expect(try status("a=tiny.toml") == 65)
        }

        @Test func evalSaysWhatATemperatureWouldMend() throws {
            let score = try fce("eval", run, "--json", "--threads", "2").object()
            let scaling = try #require(score["scaling"] as? [String: Any])
            #expect(scaling["heldOutCount"] as? Int == 8 && score["heldOutCount"] as? Int == 8)
            let temperature = try #require(scaling["temperature"] as? Double)
            let kept = try #require(try RunFiles(path: TinyRun.path).result().scores.scaling)
            #expect(abs(temperature - kept.temperature) < 1e-9)
            #expect((score["classErrors"] as? [Any])?.count == 4)
            #expect(try fce("eval", run).out.contains("fitted on 8 held-out images"))
        }

        @Test func predictTakesJPEGs() throws {
            let picture = "\(run)/samples/0-flow-mle.jpg"
            let scores = try #require(
                try fce("predict", run, picture, picture, "--json").json() as? [[String: Any]])
            #expect(scores.count == 2 && scores[0]["image"] as? String == picture)
            let probabilities = try #require(scores[0]["probabilities"] as? [Double])
            #expect(probabilities.count == 4 && abs(probabilities.reduce(0, +) - 1) < 1e-5)
            let predicted = try #require(scores[0]["predicted"] as? Int)
            #expect(probabilities[predicted] == probabilities.max())
            #expect(scores[0]["logP"] is Double && scores[0]["logRatio"] is Double)

            let lines = try fce("predict", run, picture, "--csv").out.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines[0] == "image,predicted,class,probability,log_p,log_ratio,p0,p1,p2,p3")
            let cells = lines[1].split(separator: ",", omittingEmptySubsequences: false)
            #expect(
                cells.count == 10 && Int(cells[1]) == predicted
                    && cells.dropFirst(3).allSatisfy { Double($0) != nil })
            #expect(try fce("predict", run, picture).out.contains("log_ratio"))
        }

        @Test func predictTakesFoldersAndNamesClasses() throws {
            _ = try TinyRun.output()
            let scores = try #require(try fce("predict", run, run, "--json").json() as? [[String: Any]])
            let images = scores.compactMap { $0["image"] as? String }
            #expect(images == ["0-flow-mle", "2-joint"].map { "\(run)/samples/\($0).jpg" })
            #expect(
                scores.allSatisfy { $0["className"] as? String == "class \($0["predicted"] as? Int ?? -1)" })
            let none = try Tool.run("predict", run, "\(run)/checkpoints", in: TinyRun.folder)
            #expect(none.status == 66 && none.err.contains("holds no pictures"))
        }

        @Test func predictFollowsNoLinkThatLeadsBack() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                let picture = "\(TinyRun.path)/samples/0-flow-mle.jpg"
                try FileManager.default.copyItem(atPath: picture, toPath: "\(folder)/one.jpg")
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder)/again", withDestinationPath: folder)
                let scores = try #require(
                    try fce("predict", run, folder, "--json").json() as? [[String: Any]])
                #expect(scores.map { $0["image"] as? String } == ["\(folder)/one.jpg"])
            }
        }

        @Test func predictTakesAFileOfManyImages() throws {
            _ = try TinyRun.output()
            let header: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 28, 0, 0, 0, 28]
            let pixels = (0..<3 * 784).map { UInt8(truncatingIfNeeded: $0 * 31) }
            try Data(header + pixels).write(to: URL(fileURLWithPath: "\(TinyRun.folder)/images.idx"))
            let scores = try #require(
                try fce("predict", run, "images.idx", "--json").json() as? [[String: Any]])
            #expect(scores.compactMap { $0["image"] as? String } == (0..<3).map { "images.idx#\($0)" })
        }

        @Test func predictRefusesWhatIsNoImage() throws {
            _ = try TinyRun.output()
            let output = try Tool.run("predict", run, "tiny.toml", in: TinyRun.folder)
            #expect(output.status == 65 && output.err.contains("tiny.toml"))
        }

        @Test func sampleDrawsTheSamePictureForASeed() throws {
            func picture(_ name: String, seed: String, _ more: String...) throws -> Data {
                let arguments = ["sample", run, "--out", name, "--count", "9", "--seed", seed] + more
                let output = try Tool.start(arguments, in: TinyRun.folder).finish()
                try #require(output.status == 0, "\(output.err)")
                return try Data(contentsOf: URL(fileURLWithPath: "\(TinyRun.folder)/\(name)"))
            }
            _ = try TinyRun.output()
            let first = try picture("a.jpg", seed: "1")
            #expect(first.starts(with: [0xFF, 0xD8]))
            #expect(try picture("b.jpg", seed: "1") == first)
            #expect(try picture("c.jpg", seed: "2") != first)
            #expect(try picture("d.jpg", seed: "1", "--temperature", "0.5") != first)
        }

        @Test func samplesMayBePNGs() throws {
            _ = try TinyRun.output()
            func sample(_ name: String) throws -> Tool.Output {
                try Tool.run("sample", run, "--out", name, "--count", "4", in: TinyRun.folder)
            }
            #expect(try sample("exact.PNG").status == 0)
            let file = URL(fileURLWithPath: "\(TinyRun.folder)/exact.PNG")
            #expect(try Data(contentsOf: file).starts(with: [0x89]))
            #expect(try fce("predict", run, "exact.PNG", "--csv").out.contains("\nexact.PNG,"))
            let other = try sample("grid.gif")
            #expect(other.status == 64 && other.err.contains(".png or .jpg"))
        }

        @Test func tablesComeInEveryForm() throws {
            let row = "| tiny | fce-vat | 8 | conv-small × 0.0625 | none |"
            #expect(try fce("table", "Runs").out.contains(row))
            #expect(try fce("table", "\(run)/result.json", "--csv").out.split(separator: "\r\n").count == 2)
            #expect(try fce("table", run, "--latex").out.contains("\\begin{tabular}"))
            let table = try fce("table", run, "Runs", "--json").object()
            let rows = try #require(table["rows"] as? [[String: Any]])
            #expect(rows.count == 1 && rows[0]["recipe"] as? String == "tiny")
        }

        @Test func compareTellsWhetherTheIntervalExcludesZero() throws {
            _ = try TinyRun.output()
            // The same run under another name, with every test image right.
            var perfect = try RunFiles(path: TinyRun.path).result()
            perfect.recipe = "perfect"
            perfect.scores[.testError] = 0
            perfect.errors = RunResult.bitmap(of: [Bool](repeating: false, count: 36))
            let path = "\(TinyRun.folder)/perfect.json"
            try JSONEncoder().encode(perfect).write(to: URL(fileURLWithPath: path))
            let output = try fce("compare", "perfect.json", "--against", run, "--json").object()
            let error = try #require(try RunFiles(path: TinyRun.path).result().scores[.testError])
            let difference = try #require(output["difference"] as? Double)
            #expect(abs(difference + 100 * error) < 1e-9)
            #expect(output["verdict"] as? String == "too few seeds" && output["interval"] is NSNull)
            #expect((output["differences"] as? [Double])?.count == 1)
            #expect(output["imagesInterval"] is [String: Any])
            let few = try fce("compare", "perfect.json", "--against", run)
            #expect(few.out.contains("fewer than 5 seeds cannot tell which recipe errs less"))
            perfect.recipe = "tiny"
            perfect.protocolHash = "other"
            let five = (1...5).map { seed in
                var one = perfect
                one.seed = seed
                return one
            }
            try FileManager.default.createDirectory(
                atPath: "\(TinyRun.folder)/five", withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: "\(TinyRun.folder)/five") }
            for one in five {
                try JSONEncoder().encode(one).write(
                    to: URL(fileURLWithPath: "\(TinyRun.folder)/five/\(one.seed).json"))
            }
            let alike = try fce("compare", "five", "--against", "five")
            #expect(alike.out.contains("contains 0, so the recipes cannot be told apart"))
            let same = try fce("compare", run, "--against", run)
            let old = try Tool.run("compare", run, "--", run, in: TinyRun.folder)
            #expect(old.status == 64 && old.err.contains("fce compare RUN --against RUN"))
            #expect(old.err.split(separator: "\n").count == 1)
            #expect(same.out.contains("difference +0.00 points; each seed: +0.00"))
            try FileManager.default.removeItem(atPath: path)
        }

        @Test func heldOutImagesAreTheirOwnTable() throws {
            _ = try TinyRun.output()
            let result = try RunFiles(path: TinyRun.path).result()
            let (count, error) = (
                try #require(result.heldOutCount), try #require(result.scores[.heldOutError])
            )
            #expect(count == 8)
            var held = result
            (held.errors, held.testCount) = (result.heldOutErrors, count)
            let wrong = try #require(held.wrongImages(count: count))
            #expect(Double(wrong.count { $0 }) / 8 == error)
            let table = try fce("table", run, "--held-out")
            #expect(table.out.contains("8 held-out training images"))
            #expect(try fce("compare", run, "--against", run, "--held-out").out.contains("(8 images)"))
        }

        @Test func reportIsOnePage() throws {
            let output = try fce("report", run, "--out", "page.html")
            #expect(output.out == "page.html\n")
            let page = try String(contentsOfFile: "\(TinyRun.folder)/page.html", encoding: .utf8)
            #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("data:image/jpeg;base64,"))
        }

        @Test func aFolderOfRunsHasAPageOfItsOwn() throws {
            try withCopy { folder in
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/both", withIntermediateDirectories: false)
                try FileManager.default.moveItem(atPath: "\(folder)/run", toPath: "\(folder)/both/seed-1")
                let one = try Tool.run("report", "both/", in: folder)
                #expect(one.status == 0 && one.out == "both/report.html\n", "\(one.err)")
                let page = try String(contentsOfFile: "\(folder)/both/report.html", encoding: .utf8)
                #expect(page.contains("Label loss") && page.contains("class 3"))
                #expect(try Tool.run("report", "both", "both/seed-1", in: folder).status == 64)
                let two = try Tool.run("report", "both", "both/seed-1", "--out", "p.html", in: folder)
                #expect(two.status == 0 && two.out == "p.html\n")
                #expect(try Tool.run("report", "nowhere", in: folder).status == 66)
            }
        }

        @Test func aRunInThePlaneGetsItsPicture() throws {
            try withFolder { folder in
                let recipe = """
                    method = "fce-init"
                    [data]
                    source = "plane"
                    density = "two-spirals"
                    labels = 14
                    train = 100
                    test = 50
                    [flow]
                    kind = "plane"
                    couplings = 2
                    width = 8
                    [energy]
                    network = "mlp"
                    base = "none"
                    classes = 2
                    width = 0.125
                    [[phase]]
                    kind = "flow-mle"
                    steps = 2
                    [[phase]]
                    kind = "energy"
                    steps = 2
                    """
                try write(recipe, to: "\(folder)/plane.toml")
                let output = try Tool.run(
                    "train", "plane.toml", "--out", "run", "--set", "evaluate.snapshots=1", in: folder)
                #expect(output.status == 0, "\(output.err)")
                #expect(output.out.contains("run/samples/figure5.svg"))
                let picture = try String(contentsOfFile: "\(folder)/run/samples/figure5.svg", encoding: .utf8)
                for title in ["flow q(x)", "EBM p(x)", "class 0", "class 1", "energy 1", "energy 2"] {
                    #expect(picture.contains(title))
                }
                #expect(try Tool.run("eval", "run", "--json", in: folder).object()["testError"] is Double)
                #expect(try Tool.run("sample", "run", "--out", "a.jpg", in: folder).status == 78)
                #expect(try Tool.run("eval", "run", "--ood", "noise", in: folder).status == 78)
                // The recipe has no data.validation.
                #expect(try Tool.run("eval", "run", in: folder).out.contains("holds out no training images"))
                let page = try String(contentsOfFile: "\(folder)/run/report.html", encoding: .utf8)
                #expect(page.contains("holds out no training images"))
            }
        }
    }
}
