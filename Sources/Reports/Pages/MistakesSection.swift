import Evaluation
import System

/// Misclassified test images, class by class.
extension HTMLReport {
    var mistakes: Markup? {
        guard !content.mistakes.isEmpty else { return nil }
        let images = content.mistakes.flatMap(\.images)
        let tested = matrix?.classErrors.count { $0 > 0 } ?? 0
        return section("Mistakes") {
            remark(
                "Test images that were taken for another class, the surest of each class first. Good mistakes are few, and "
                    + "people would hesitate over them too."
                    + (tested > content.mistakes.count
                        ? " Shown are the \(content.mistakes.count) classes with the most mistakes of \(tested)."
                        : ""))
            if images.allSatisfy({ $0.jpeg == nil }) {
                remark("Without pictures: the data is not at hand.")
            }
            for mistakes in content.mistakes { tiles(mistakes) }
        }
    }

    private func tiles(_ mistakes: ClassMistakes) -> Markup {
        Markup([
            Markup("h3") {
                Markup("bdi") { className(mistakes.label) }
                if let wrong = mistakes.wrong, let count = mistakes.count {
                    ": \(grouped(wrong)) of \(grouped(count)) test images wrong"
                }
            },
            Markup("div", ["class": "tiles"]) { mistakes.images.map(tile) },
        ])
    }

    private func tile(_ mistake: ClassMistakes.Image) -> Markup {
        let image = mistake.image
        let name = mistake.file ?? "test image \(image.index)"
        let alternative =
            "\(name), of class \(className(image.label)), taken for \(className(image.predicted))"
        return Markup("figure") {
            if let jpeg = mistake.jpeg {
                Markup("img", ["src": dataURI(jpeg, type: "image/jpeg"), "alt": alternative])
            }
            Markup("figcaption") {
                Markup("bdi") { className(image.predicted) }
                " \(percent(image.probability, 0)) %"
                Markup("div", ["class": "soft"]) { Markup("bdi") { name } }
            }
        }
    }
}
