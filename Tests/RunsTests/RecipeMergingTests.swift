import EnergyModels
import Flows
import Foundation
import Networks
import System
import TestSupport
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

@Suite struct RecipeMergingTests {
    private let base = """
        # The base.
        method = "flow"
        name = "base"
        [data]
        source = "svhn"
        labels = 500
        [energy]
        base = "moving"
        width = 0.5
        dropout = [0.1, 0.1, 0.1]
        [[phase]]
        kind = "flow-mle"
        steps = 10
        [report.paper]
        value = 1
        cell = "a"
        """

    private func load(_ child: String, overrides: [String] = []) throws -> Recipe {
        try withScratch { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/b", withIntermediateDirectories: false)
            try write(base, to: "\(folder)/base.toml")
            try write(child, to: "\(folder)/b/child.toml")
            return try Recipe.load("\(folder)/b/child.toml", overrides: overrides)
        }
    }

    @Test func tablesMergeAndArraysReplace() throws {
        let recipe = try load(
            """
            # The child.
            extends = "../base.toml"
            method = "supervised"
            energy.dropout = [0.3, 0.3, 0.3]
            [[phase]]
            kind = "supervised"
            steps = 7
            """)
        #expect(recipe.energy.width == 0.5)
        #expect(recipe.energy.base == .moving)
        #expect(recipe.energy.dropout == [0.3, 0.3, 0.3])
        #expect(recipe.phases.map(\.kind) == ["supervised"])
        #expect(recipe.data.labels == 500)
        #expect(recipe.header == "The child.")
        // What describes the base alone is not inherited.
        #expect(recipe.name == "b/child")
        #expect(recipe.report.paper == nil)
    }

    @Test func errorsNameTheFileTheyAreIn() throws {
        let own = #expect(throws: UserError.self) {
            try load("extends = \"../base.toml\"\n[energy]\nwidht = 1")
        }
        #expect(own?.place?.hasSuffix("b/child.toml:3") == true)
        let inherited = #expect(throws: UserError.self) {
            try load("extends = \"../base.toml\"\n[energy]\nclasses = 3")
        }
        #expect(inherited?.place?.hasSuffix("b/../base.toml:6") == true)
    }

    @Test func circlesAndDepthAreErrors() throws {
        try withScratch { folder in
            try write("extends = \"b.toml\"", to: "\(folder)/a.toml")
            try write("x = 1\nextends = \"a.toml\"", to: "\(folder)/b.toml")
            let circle = #expect(throws: UserError.self) { try Recipe.load("\(folder)/a.toml") }
            #expect(circle?.kind == .recipe)
            #expect(circle?.place == "\(folder)/b.toml:2")
            #expect(circle?.what == "`extends` runs in a circle")
            try write("extends = \"c.toml\"", to: "\(folder)/c.toml")
            #expect(throws: UserError.self) { try Recipe.load("\(folder)/c.toml") }
            for index in 0..<20 {
                try write("extends = \"d\(index + 1).toml\"", to: "\(folder)/d\(index).toml")
            }
            let deep = #expect(throws: UserError.self) { try Recipe.load("\(folder)/d0.toml") }
            #expect(deep?.what == "`extends` is more than 8 deep")
        }
    }

    @Test func missingFilesAreNamed() throws {
        let absent = #expect(throws: UserError.self) { try Recipe.load("no/such.toml") }
        #expect(absent?.kind == .missing)
        let base = #expect(throws: UserError.self) { try load("\nextends = \"no.toml\"") }
        #expect(base?.kind == .missing)
        #expect(base?.place?.hasSuffix("b/child.toml:2") == true)
        try withScratch { folder in
            try Data([0x6D, 0xFF, 0xFE]).write(to: URL(fileURLWithPath: "\(folder)/x.toml"))
            let bytes = #expect(throws: UserError.self) { try Recipe.load("\(folder)/x.toml") }
            #expect(bytes?.what == "TOML syntax: a byte that is not UTF-8")
        }
    }

    @Test func overridesAreTOMLOrWords() throws {
        let recipe = try Recipe.parse(
            smallRecipe,
            overrides: [
                "energy.base=none", "energy.dropout=[0, 0.5, 0.5]", "energy.dropout.2=0.25",
                "phase.1.steps=7",
                "phase.joint.steps = 9",
                "phase.energy.optimizer.rate=2e-4", "flow.width=64", "data.extra=true", "name=a b", "seed=5",
            ])
        #expect(recipe.energy.base == .none)
        #expect(recipe.energy.head == .gain)
        #expect(recipe.energy.dropout == [0, 0.5, 0.25])
        #expect(recipe.phases.map(\.steps) == [7, 50, 9])
        #expect(recipe.phases[1].optimizer.rate == 2e-4)
        #expect(recipe.phases[1].optimizer.kind == .adam)
        #expect(recipe.flow.width == 64)
        #expect(recipe.data.extra)
        #expect(recipe.name == "a b")
        #expect(recipe.seed == 5)
    }

    @Test(arguments: [
        "energy.bse=none", "energy.width", "=3", "phase.0.steps=1", "phase.4.steps=1",
        "phase.supervised.steps=1",
        "energy.width=[", "energy.width=", "extends=x.toml", "energy.width=wide", "phase.steps=3", "energy=3",
        "data.labels.x=3", "energy.dropout.7=0.5", "energy.dropout.x=1", "energy..width=1", "phase=3",
        "energy.width=1\nmethod=\"vat\"",
    ])
    func badOverridesSayWhichOne(assignment: String) {
        let error = #expect(throws: UserError.self) {
            try Recipe.parse(smallRecipe, file: "r.toml", overrides: [assignment])
        }
        #expect(error?.kind == .recipe)
        #expect(error?.place == "--set \(assignment)")
    }
}
