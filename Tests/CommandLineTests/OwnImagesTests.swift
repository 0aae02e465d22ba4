import Datasets
import Foundation
import Runs
import Scores
import Testing

/// A stranger's folder of pictures: check, smoke run, run, and a final run.
@Suite struct OwnImagesTests {
    /// `counts` pictures of each class, and some without a label.
    private func makePhotos(_ counts: [Int], unlabelled: Int, to folder: String) throws {
        var shade: UInt8 = 0
        for (label, count) in (counts + [unlabelled]).enumerated() where count > 0 {
            let path = label == counts.count ? "\(folder)/unlabelled" : "\(folder)/class\(label)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for index in 0..<count {
                shade &+= 1
                let pixels = (0..<64).flatMap { [UInt8($0), shade, UInt8(label)] }
                try Picture(width: 8, height: 8, channels: 3, pixels: pixels).write(
                    to: "\(path)/\(index).jpg")
            }
        }
    }

    private func recipe(classes: Int, validation: Int) -> String {
        """
        method = "supervised"
        name = "own"
        [data]
        source = "image-folder"
        directory = "Photos"
        name = "photos"
        size = 8
        all-labels = true
        validation = \(validation)
        [energy]
        network = "four-layer"
        width = 0.125
        classes = \(classes)
        [[phase]]
        kind = "supervised"
        steps = 3
        labelled-batch = 8
        """
    }

    @Test func aSmokeRunTakesWhatTheRunTakes() throws {
        try withFolder { folder in
            try makePhotos([30, 30, 30], unlabelled: 210, to: "\(folder)/Photos")
            try write(recipe(classes: 3, validation: 12), to: "\(folder)/three.toml")
            try makePhotos([Int](repeating: 5, count: 10), unlabelled: 0, to: "\(folder)/Few")
            try write(recipe(classes: 10, validation: 0), to: "\(folder)/few.toml")
            for words in [["three.toml"], ["few.toml", "--data", "Few"]] {
                for extra in [["--smoke"], ["--out", "run-\(words[0])"]] {
                    let output = try Tool.start(["train"] + words + extra + ["--threads", "1"], in: folder)
                        .finish()
                    #expect(output.status == 0, "\(words + extra): \(output.err)")
                }
            }
            #expect(try RunFiles(path: "\(folder)/run-three.toml").result().testCount == 18)
        }
    }

    @Test func checkReadsTheDataWhereTheyAre() throws {
        try withFolder { folder in
            try write(recipe(classes: 2, validation: 2), to: "\(folder)/own.toml")
            let absent = try Tool.run("recipe", "check", "own.toml", "--no-measure", in: folder)
            #expect(absent.status == 0, "\(absent.err)")
            #expect(absent.out.contains("checked  without the data, which are not there: Photos"))

            try makePhotos([10, 10], unlabelled: 4, to: "\(folder)/Photos")
            let checked = try Tool.run("recipe", "check", "own.toml", "--no-measure", in: folder)
            #expect(
                checked.out.contains(
                    "20 training and 4 test examples of 2 classes; 14 labelled, 18 unlabelled, 2 held out; "
                        + "images of 8x8 pixels, in colour"), "\(checked.out)")
            let json = try #require(
                try Tool.run("recipe", "check", "own.toml", "--no-measure", "--json", in: folder).json()
                    as? [[String: Any]])
            let data = try #require(json[0]["checked"] as? [String: Any])
            #expect(data["labelled"] as? Int == 14 && data["isRead"] as? Bool == true)

            for (change, place) in [("energy.classes=3", "photos has 2"), ("data.validation=16", "held out")]
            {
                let words = ["recipe", "check", "own.toml", "--no-measure", "--set", change]
                let refused = try Tool.start(words, in: folder).finish()
                #expect(refused.status == 78 && refused.err.contains(place), "\(refused.err)")
                #expect(
                    try Tool.start(["train"] + words[2...2] + words[4...], in: folder).finish().err
                        == refused.err)
                #expect(try Tool.start(words + ["--no-read"], in: folder).finish().status == 0)
            }
        }
    }

    @Test func aFinalRunPredictsAndIsTestedOnNothing() throws {
        try withFolder { folder in
            try makePhotos([10, 10], unlabelled: 4, to: "\(folder)/Photos")
            try write(recipe(classes: 2, validation: 2), to: "\(folder)/own.toml")
            let output = try Tool.run("train", "own.toml", "--final", "--threads", "1", in: folder)
            #expect(output.status == 0, "\(output.err)")
            #expect(
                output.out.contains("test error  none: trained on every label, tested on nothing"),
                "\(output.out)")
            let run = RunFiles(path: "\(folder)/Runs/own-final/seed-1")
            let result = try run.result()
            #expect(result.isFinal == true && result.scores[.testError] == nil && result.labels == 20)
            #expect(result.command == "fce train own.toml --seed 1 --threads 1 --final")
            let page = try String(contentsOfFile: run.file("report.html"), encoding: .utf8)
            #expect(page.contains("every image was trained on and none is left to test on"))

            let predicted = try Tool.run("predict", run.path, "Photos/class0/1.jpg", in: folder)
            #expect(predicted.status == 0 && predicted.out.contains("class"), "\(predicted.err)")
            let eval = try Tool.run("eval", run.path, in: folder)
            #expect(eval.status == 78 && eval.err.contains("nothing is left to score it on"))
            let table = try Tool.run("table", run.path, in: folder)
            #expect(table.status == 65 && table.err.contains("is a final run"), "\(table.err)\(table.out)")
            #expect(try Tool.run("train", "own.toml", "--final", "--resume", in: folder).status == 0)
        }
    }
}
