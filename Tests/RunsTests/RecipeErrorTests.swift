import System
import Tensors
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

/// The error that `parse` throws for the small recipe with `old` replaced by `new`.
private func failure(_ old: String, _ new: String, overrides: [String] = []) -> UserError? {
    #expect(smallRecipe.contains(old))
    let text = smallRecipe.replacing(old, with: new, maxReplacements: 1)
    return #expect(throws: UserError.self) {
        try Recipe.parse(text, file: "r.toml", overrides: overrides)
    }
}

@Suite struct RecipeErrorTests {
    @Test(arguments: [
        ("steps = 50", "stepz = 50", "r.toml:19", "did you mean `phase.2.steps`?"),
        ("rate = 1e-3", "rete = 1e-3", "r.toml:21", "did you mean `phase.2.optimizer.rate`?"),
        ("base = ", "basis = ", "r.toml:11", "did you mean `energy.base`?"),
        ("[energy]", "[enrgy]", "r.toml:10", "did you mean `energy`?"),
        ("labels = 500", "labels = 500\npooling = \"max\"", "r.toml:9", "did you mean `energy.pooling`?"),
        ("labels = 500", "nest.a.b = 1", "r.toml:8", "did you mean `data.test`?"),
    ])
    func unknownKeysHaveLineAndNeighbour(old: String, new: String, place: String, advice: String) {
        let error = failure(old, new)
        #expect(error?.kind == .recipe)
        #expect(error?.place == place)
        #expect(error?.what.hasPrefix("unknown key") == true)
        #expect(error?.advice == advice)
    }

    @Test(arguments: [
        (
            "steps = 50", "steps = \"ten\"", "r.toml:19",
            "`phase.2.steps` takes an integer, at least 0, not the string \"ten\""
        ),
        ("steps = 50", "steps = 0", "r.toml:19", "a phase of 0 steps trains nothing"),
        (
            "steps = 20", "steps = 20\ndraws = 4", "r.toml:26",
            "draws of images are kept with log q of a flow that stands still"
        ),
        (
            "labels = 500", "labels = 500\n[flow]\nseed = 9223372036854775807", "r.toml:10",
            "`flow.seed` takes an integer, 0 to 4294967296, not 9223372036854775807"
        ),
        ("steps = 50", "steps = 5e1", "r.toml:19", "`phase.2.steps` takes an integer, at least 0, not 50.0"),
        ("labels = 500", "labels = true", "r.toml:8", "`data.labels` takes an integer, at least 0, not true"),
        ("rate = 1e-3", "rate = 0", "r.toml:21", "`phase.2.optimizer.rate` takes a number, above 0.0, not 0"),
        (
            "rate = 1e-3", "rate = inf", "r.toml:21",
            "`phase.2.optimizer.rate` takes a number, above 0.0, not inf"
        ),
        (
            "rate = 1e-3", "rate = nan", "r.toml:21",
            "`phase.2.optimizer.rate` takes a number, above 0.0, not nan"
        ),
        (
            "base = \"moving\"", "dropout = 0.2", "r.toml:11",
            "`energy.dropout` takes an array of numbers, each at least 0.0 and below 1.0, not 0.2"
        ),
        (
            "labels = 500", "labels = 2025-01-01", "r.toml:8",
            "`data.labels` takes an integer, at least 0, not a date"
        ),
    ])
    func wrongValuesHaveLineAndType(old: String, new: String, place: String, what: String) {
        let error = failure(old, new)
        #expect(error?.kind == .recipe)
        #expect(error?.place == place)
        #expect(error?.what == what)
    }

    @Test func wrongWordsAreSuggested() {
        let error = failure("\"moving\"", "\"movin\"")
        #expect(error?.advice == "did you mean \"moving\"?")
        #expect(error?.place == "r.toml:11")
    }

    @Test func keysWithoutEffectAreErrors() {
        let pool = failure("steps = 20", "steps = 20\npool = 5")
        #expect(pool?.place == "r.toml:26")
        #expect(pool?.what == "`phase.3.pool` has no effect here: it goes with kind = \"energy\"")
        #expect(failure("[energy]", "[flow]\ncouplings = 4\n[energy]")?.place == "r.toml:11")
    }

    @Test func missingKeysAreErrors() {
        #expect(failure("method = \"fce\"", "")?.what == "`method` is missing")
        let steps = failure("steps = 50\n", "")
        #expect(steps?.what == "`phase.2.steps` is missing")
        #expect(steps?.place == "r.toml:17")
    }

    @Test func syntaxErrorsHaveLineAndColumn() {
        let error = failure("labels = 500", "labels = = 500")
        #expect(error?.kind == .recipe)
        #expect(error?.place?.hasPrefix("r.toml:8:") == true)
        #expect(failure("labels = 500", "labels = 500\nlabels = 5")?.place?.hasPrefix("r.toml:9:") == true)
    }

    @Test func aKeyOfFiftyThousandPartsIsRefused() {
        let key = String(repeating: "a.", count: 50_000) + "b"
        #expect(failure("labels = 500", "\(key) = 1")?.place == "r.toml:8:1")
    }

    @Test(arguments: [
        ("method = \"fce\"", "method = \"fce-init\"", "r.toml:4"),
        ("method = \"fce\"", "method = \"fce-vat\"", "r.toml:4"),
        ("[energy]", "[vat]\nweight = 1\n[energy]", "r.toml:4"),
        ("labels = 500", "labels = 501", "r.toml:8"),
        ("source = \"svhn\"", "source = \"plane\"", "r.toml"),
        ("base = \"moving\"", "network = \"mlp\"", "r.toml:11"),
        ("base = \"moving\"", "dropout = [0.5]", "r.toml:11"),
        ("base = \"moving\"", "priors = [0.5, 0.5]", "r.toml:11"),
        ("steps = 20", "steps = 20\ngate = { high = 0.4, low = 0.6 }", "r.toml:26"),
        ("kind = \"flow-mle\"", "kind = \"energy\"", "r.toml:14"),
    ])
    func contradictionsAreErrors(old: String, new: String, place: String) {
        let error = failure(old, new)
        #expect(error?.kind == .recipe)
        #expect(error?.place == place)
        #expect(error?.advice != nil || error?.what.isEmpty == false)
    }

    /// Recipes with bytes changed, doubled, moved or cut off are recipes or user errors, and nothing else.
    @Test func damagedRecipesEndInAnError() {
        var stream = RandomStream(RandomKey(seed: 7, purpose: .noise))
        let alphabet = Array("[]{}\"'=.,#\\ab1-_\n \t\r\u{0}é".utf8) + [0xFF, 0x80]
        var (accepted, refused) = (0, 0)
        for _ in 0..<4000 {
            var bytes = Array(smallRecipe.utf8)
            for _ in 0...stream.below(3) {
                let place = stream.below(bytes.count)
                switch stream.below(4) {
                case 0: bytes[place] = alphabet[stream.below(alphabet.count)]
                case 1: bytes.insert(alphabet[stream.below(alphabet.count)], at: place)
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + stream.below(30)))
                default: bytes += bytes[place...]
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            do {
                _ = try Recipe.parse(bytes, file: "r.toml")
                accepted += 1
            } catch let error as UserError {
                refused += error.kind == .recipe ? 1 : 0
            } catch {
                Issue.record("\(error)")
            }
        }
        #expect(accepted + refused == 4000)
        #expect(accepted > 100 && refused > 1000)
    }
}
