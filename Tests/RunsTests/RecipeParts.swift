/// Parts of small recipes on generated images of 16×16 pixels. A test joins them with what it is about.
enum RecipePart {
    /// Method and data. Four classes have images, unless a recipe says otherwise.
    ///
    /// - Parameter head: keys that stand before the first table.
    static func images(
        _ method: String, labels: Int = 8, train: Int = 48, test: Int = 16, validation: Int = 8,
        head: String = ""
    ) -> String {
        """
        method = "\(method)"
        precision = "float32"
        \(head)
        [data]
        source = "synthetic"
        size = 16
        channels = 1
        labels = \(labels)
        train = \(train)
        test = \(test)
        validation = \(validation)

        """
    }

    static let glow = """
        [flow]
        kind = "glow"
        levels = 2
        blocks = 1
        width = 4

        """

    /// A classifier of four classes, with more keys of its own.
    static func classifier(_ keys: String = "", network: String = "conv-small") -> String {
        """
        [energy]
        network = "\(network)"
        classes = 4
        width = 0.05
        \(keys)

        """
    }

    /// A network with one output, or with those that `keys` say.
    static func critic(_ keys: String = "head = \"plain\"") -> String {
        """
        [energy]
        base = "none"
        network = "four-layer"
        classes = 1
        width = 0.0625
        \(keys)

        """
    }

    static let generator = """
        [generator]
        width = 0.03125
        latent = 7

        """

    /// A phase on batches of 8 images, with more keys of its own.
    static func phase(_ kind: String, steps: Int, batch: Int = 8, labels: Int? = nil, _ keys: String = "")
        -> String
    {
        """
        [[phase]]
        kind = "\(kind)"
        steps = \(steps)
        batch = \(batch)
        \(labels.map { "labelled-batch = \($0)" } ?? "")
        \(keys)

        """
    }

    /// A gate that changes turns after every update.
    static let alternating = "gate = { high = 0.5, low = 0.5, smoothing = 0.0, cap = 1 }"
}
