import System
import TestSupport
import Testing

@testable import Datasets

@Suite struct LabelFileTests {
    private func folder(_ table: String, _ body: (String) throws -> Void) throws {
        try withScratch { folder in
            try Files.makeFolder("\(folder)/my, images")
            for value in UInt8(1)...9 {
                let picture = Picture(width: 1, height: 1, channels: 1, pixels: [value])
                try picture.write(to: "\(folder)/my, images/\(value).png")
            }
            try Files.write(Array(table.utf8), to: "\(folder)/labels.csv")
            try body(folder)
        }
    }

    private var options: DatasetOptions {
        var options = DatasetOptions()
        (options.size, options.channels) = (1, 1)
        return options
    }

    private static let rows = """
        "my, images/1.png",10,train\r
        "my, images/2.png",9,\r

        "my, images/3.png","10",test
        "my, images/4.png",,
        "my, images/5.png",9,VAL
        """

    @Test func columnsMayComeInAnyOrder() throws {
        try folder(
            "Path,note,Label,split\n" + Self.rows.replacing(".png\",", with: ".png\",\"a \"\"note\"\"\",")
        ) { folder in
            for path in [folder, "\(folder)/labels.csv"] {
                let pair = try LabelFile.load(path, options)
                // Numbers come in their order, not in that of their digits.
                #expect(pair.train.classNames == ["9", "10"])
                let train = (0..<4).map { [Int(pair.train.image($0).first ?? 0), pair.train.labels[$0]] }
                #expect(Set(train) == [[1, 1], [2, 0], [4, -1], [5, 0]])
                #expect(pair.train.heldOut.map { pair.train.image($0).first } == [5])
                #expect(pair.test.labels == [1] && pair.test.pixels == [3])
                let found = try DatasetInspection(at: path)
                #expect(
                    found.source == .csv && found.train.histogram == [1, 1] && found.train.unlabelled == 1)
            }
        }
    }

    @Test func withoutTestRowsAShareIsKept() throws {
        let rows = (1...9).map { "\"my, images/\($0).png\",\($0 < 6 ? "a" : "b")" }
        try folder("path,label\n" + rows.joined(separator: "\n")) { folder in
            let pair = try LabelFile.load(folder, options)
            #expect(pair.train.histogram == [4, 3] && pair.test.histogram == [1, 1])
        }
    }

    @Test(arguments: [
        ("a,b\n1,2", "labels.csv:1", "path,label"), ("", "labels.csv:1", "path,label"),
        ("path,label\n", "labels.csv", "add rows"), ("path,label\na,b,c", "labels.csv:2", "quotes"),
        ("path,label\n\n\n\"a,b", "labels.csv:4", "close it"),
        ("path,label\na\"b,c", "labels.csv:2", "in quotes"),
        ("path,label\n\"a\"b,c", "labels.csv:2", "twice"),
        ("path,label\n\"a\nb\",c\nx,y,z", "labels.csv:4", "one for each column"),
        ("path,label\n,c", "labels.csv:2", "name an image"),
        ("path,label,split\na,c,dev", "labels.csv:2", "train, val or test"),
        ("path,label\na,c\na,d", "labels.csv:3", "remove one"),
        ("path,label,split\na,c,train\nb,,test", "labels.csv", "label them"),
        ("path,label\nnone.png,c", "none.png", "check the path"),
    ])
    func faultsAreNamedWithTheirLine(table: String, place: String, advice: String) throws {
        try folder(table) { folder in
            let error = userError { () throws(UserError) in _ = try LabelFile.load(folder, options) }
            #expect(
                error?.place?.hasSuffix(place) == true && error?.advice?.contains(advice) == true,
                "\(error as Any)")
        }
    }
}
