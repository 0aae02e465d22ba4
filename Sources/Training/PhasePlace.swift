import Schemas

/// A phase within its recipe, for checks of keys that contradict each other.
public struct PhasePlace: Sendable {
    public let recipe: Recipe
    public let index: Int
    /// The recipe as a whole.
    public let root: SchemaCursor

    public init(_ recipe: Recipe, _ index: Int, _ root: SchemaCursor) {
        (self.recipe, self.index, self.root) = (recipe, index, root)
    }

    public var cursor: SchemaCursor { root.entering("phase").element(index) }
    public var energy: SchemaCursor { root.entering("energy") }
    public var isOnly: Bool { recipe.phases.count == 1 }
}
