import Datasets
import Foundation
import Runs
import Testing

extension CommandLine {
    /// Runs on a folder of pictures, with classes as people have them.
    @Suite struct PhotoTests {
        private static let recipe = """
            method = "supervised"
            name = "photos"
            [data]
            source = "image-folder"
            directory = "Photos"
            all-labels = true
            validation = 0
            [energy]
            classes = 3
            width = 0.0625
            [input]
            standardize = true
            [[phase]]
            kind = "supervised"
            steps = 2
            labelled-batch = 4
            """

        /// `count` pictures of a colour at `path`.
        private func draw(_ count: Int, _ shade: UInt8, in path: String) throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for number in 0..<count {
                let pixels = (0..<32 * 32 * 3).map { UInt8(truncatingIfNeeded: $0 * number) / 4 + shade }
                let picture = Picture(width: 32, height: 32, channels: 3, pixels: pixels)
                try picture.write(to: "\(path)/\(number).png")
            }
        }

        /// Runs the body in a folder with `Photos`, whose zebras have no test images, and a run on them.
        private func withPhotos(_ body: (_ folder: String, _ trained: Tool.Output) throws -> Void) throws {
            try withFolder { folder in
                for (name, shade) in [("cat", 0), ("dog", 80), ("zebra crossing", 160)] as [(String, UInt8)] {
                    try draw(6, shade, in: "\(folder)/Photos/train/\(name)")
                    let tested = name == "zebra crossing" ? 0 : 3
                    try draw(tested, shade, in: "\(folder)/Photos/test/\(name)")
                }
                try write(Self.recipe, to: "\(folder)/photos.toml")
                let trained = try Tool.run(
                    "train", "photos.toml", "--threads", "1", "--out", "run", "--quiet", in: folder)
                try #require(trained.status == 0, "\(trained.err)")
                try body(folder, trained)
            }
        }

        @Test func aClassWithoutTestImagesIsSaidAndNull() throws {
            try withPhotos { folder, trained in
                let warning = "no test image is of class zebra crossing"
                #expect(trained.err.contains(warning))
                let text = try Tool.run("eval", "run", "--threads", "1", in: folder)
                #expect(text.err.contains(warning))
                #expect(text.out.contains("zebra crossing –") && !text.out.contains("nan"), "\(text.out)")
                let score = try Tool.run("eval", "run", "--json", "--threads", "1", in: folder).object()
                let errors = try #require(score["classErrors"] as? [Any])
                #expect(errors.count == 3 && errors[2] is NSNull)
                #expect(errors.prefix(2).allSatisfy { $0 is Double })
                #expect(score["flowBitsPerDim"] is NSNull)
                let evaluation = try String(contentsOfFile: "\(folder)/run/evaluation.json", encoding: .utf8)
                #expect(!evaluation.contains("nan"))
                #expect(try Tool.run("report", "run", in: folder).status == 0)
            }
        }

        @Test func confusionNamesTheClasses() throws {
            try withPhotos { folder, _ in
                let text = try Tool.run("eval", "run", "--threads", "1", in: folder).out
                let lines = text.split(separator: "\n").drop { !$0.hasPrefix("confusion") }.dropFirst()
                try #require(lines.count == 4)
                // A name that is too long for the head of a column stands before its row, with its number.
                #expect(lines.map { $0.split(separator: " ")[0] } == ["0", "0", "1", "2"])
                #expect(lines.dropFirst(2).first?.hasPrefix("1 dog") == true)
                #expect(lines.last?.hasPrefix("2 zebra crossing") == true)
            }
        }

        @Test func predictHasAllKeys() throws {
            try withPhotos { folder, _ in
                let output = try Tool.run(
                    "predict", "run", "Photos/test/cat/0.png", "--json", "--threads", "1", in: folder)
                let score = try #require((try output.json() as? [[String: Any]])?.first)
                let keys = ["className", "image", "logP", "logRatio", "predicted", "probabilities"]
                #expect(score.keys.sorted() == keys + ["probability"])
                #expect(score["logP"] is NSNull && score["probability"] is Double)
            }
        }

        /// The command in the table makes the same run again, from another folder than the data's.
        @Test func whatATableIsMadeByMakesItAgain() throws {
            try withPhotos { folder, _ in
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/elsewhere", withIntermediateDirectories: false)
                try FileManager.default.moveItem(
                    atPath: "\(folder)/Photos", toPath: "\(folder)/elsewhere/Mine")
                try draw(2, 7, in: "\(folder)/Photos/cat")
                let trained = try Tool.run(
                    "train", "photos.toml", "--data", "elsewhere/Mine", "--out", "a", in: folder)
                try #require(trained.status == 0, "\(trained.err)")
                let command = try RunFiles(path: "\(folder)/a").result().command
                #expect(command.contains("--data elsewhere/Mine --threads "), "\(command)")
                #expect(try Tool.run("table", "a", in: folder).out.contains("    \(command)\n"))
                let again = try Tool.follow(command, in: folder)
                #expect(again.status == 0, "\(again.err)")
                let numbers = try RunNumbers("\(folder)/Runs/photos/seed-1")
                #expect(numbers.differences(from: try RunNumbers("\(folder)/a")) == [])
            }
        }

        @Test(arguments: [["--data"], ["--set", "data.directory="]])
        func dataOutsideOfTheWorkingFolderAreNamedWithoutTheirPath(words: [String]) throws {
            try withPhotos { folder, _ in
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/elsewhere", withIntermediateDirectories: false)
                try write(Self.recipe, to: "\(folder)/elsewhere/photos.toml")
                let place = "\(folder)/Photos"
                let option = words.count == 1 ? words + [place] : [words[0], words[1] + "\"\(place)\""]
                let trained = try Tool.start(
                    ["train", "photos.toml", "--threads", "1", "--out", "a"] + option,
                    in: "\(folder)/elsewhere"
                ).finish()
                try #require(trained.status == 0, "\(trained.err)")
                let command = try RunFiles(path: "\(folder)/elsewhere/a").result().command
                #expect(
                    command == "fce train photos.toml --seed 1 --data Photos --threads 1"
                        + "  # Photos: wherever these data are")
            }
        }
    }
}
