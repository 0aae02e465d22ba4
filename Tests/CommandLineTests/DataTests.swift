import Datasets
import Foundation
import System
import Testing

extension CommandLine {
    @Suite struct DataTests {
        /// Writes `count` grey pictures of 8x8 to `folder`, whose name may have escapes.
        private func fill(_ folder: String, _ count: Int) throws {
            try Files.makeFolder(folder)
            for value in 1...count {
                let pixels = [UInt8](repeating: UInt8(20 * value), count: 64)
                try Picture(width: 8, height: 8, channels: 1, pixels: pixels).write(
                    to: "\(folder)/\(value).png")
            }
        }

        @Test func infoTellsWhatIsThereAndWhatIsLeftOut() throws {
            try withFolder { folder in
                try fill("\(folder)/Photos/train/caf\\xE9", 5)
                try fill("\(folder)/Photos/train/dog", 5)
                try fill("\(folder)/Photos/val/dog", 2)
                try write("", to: "\(folder)/Photos/train/dog/Thumbs.db")
                let output = try Tool.run("data", "info", "Photos", in: folder)
                #expect(output.status == 0, "\(output.err)")
                for line in [
                    "Photos: image-folder, 2 classes", "images: 8x8 in the median", "  0  caf\\xE9: 4",
                    "  of these held out by the data: 2",
                ] {
                    #expect(output.out.contains(line), "\(output.out)")
                }
                #expect(output.err.split(separator: "\n").count == 1 && output.err.contains("Thumbs.db"))
                let json = try Tool.run("data", "info", "image-folder", "Photos", "--json", in: folder)
                    .object()
                #expect((json["found"] as? [String: Any])?["source"] as? String == "image-folder")
            }
        }

        @Test func aTildeIsExplained() throws {
            try withFolder { folder in
                let output = try Tool.run("data", "info", "image-folder", "~/Photos", in: folder)
                #expect(output.status == 66 && output.err.contains("only a shell knows `~`"), "\(output.err)")
            }
        }

        @Test func recipesMayComeFromAPipe() throws {
            try withFolder { folder in
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                for command in ["recipe show", "recipe check --no-measure"] {
                    let output = try Tool.shell("cat tiny.toml | $FCE \(command) /dev/stdin", in: folder)
                    #expect(output.status == 0 && output.out.contains("tiny"), "\(output.err)")
                }
            }
        }

        @Test func predictTakesAnyNames() throws {
            _ = try TinyRun.output()
            try withFolder { folder in
                try fill("\(folder)/pictures/caf\\xE9", 1)
                try fill("\(folder)/pictures/two\\x0Alines", 1)
                let run = TinyRun.path
                for script in [
                    "$FCE predict \(run) pictures --csv",
                    "$FCE predict \(run) pictures/caf$(printf '\\351') pictures/two* --csv",
                    "$FCE predict \(run) 'pictures/caf\\xE9' 'pictures/two\\x0Alines' --csv",
                    "find pictures -name '*.png' -print0 | sort -z | $FCE predict \(run) - --csv",
                    "printf 'pictures/caf\\351/1.png\\n' | $FCE predict \(run) - pictures/two* --csv",
                ] {
                    let output = try Tool.shell(script, in: folder)
                    #expect(output.status == 0, "\(output.err)")
                    let names = output.out.split(separator: "\n").dropFirst().map { $0.prefix { $0 != "," } }
                    #expect(
                        names == ["pictures/caf\\xE9/1.png", "pictures/two\\x0Alines/1.png"], "\(script)")
                }
                let none = try Tool.shell("$FCE predict \(run) - </dev/null", in: folder)
                #expect(none.status == 66 && none.err.contains("standard input names no images"))
                let twice = try Tool.run("predict", run, "-", "-", in: folder)
                #expect(twice.status == 64)
                let hostile = try Tool.shell("$FCE predict \(run) \"$(printf '\\033[2Jx')\"", in: folder)
                #expect(
                    hostile.status == 66 && hostile.err.contains("\\x1B[2Jx")
                        && !hostile.err.contains("\u{1B}"))
            }
        }

        @Test func aRunMayHaveAnyName() throws {
            try withFolder { folder in
                try write(
                    tinyRecipe.components(separatedBy: "\n[[phase]]")[0]
                        + "\n[[phase]]\nkind = \"flow-mle\"\nsteps = 2\nbatch = 8\n",
                    to: "\(folder)/tiny.toml")
                let output = try Tool.shell(
                    "$FCE train tiny.toml --out caf$(printf '\\351') --set method='\"flow\"' --quiet",
                    in: folder)
                #expect(output.status == 0, "\(output.err)")
                #expect(try Files.list(folder).contains("caf\\xE9"))
                #expect(try Files.list(folder).contains("caf\u{FFFD}") == false)
                let again = try Tool.shell("$FCE report caf$(printf '\\351')", in: folder)
                #expect(again.status == 0 && again.out.contains("caf\\xE9/report.html"), "\(again.err)")
            }
        }
    }
}
