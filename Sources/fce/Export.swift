import ArgumentParser
import Exports
import Reports
import Runs

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a run for other programs: an ONNX model, a model card, TensorBoard.",
        discussion: """
            Examples:
              fce export Runs/fashion-mnist-demo/seed-1 --onnx demo.onnx
              fce export Runs/fashion-mnist-demo/seed-1 --card README.md
              fce export Runs/svhn10k-500-fce/seed-1 --onnx init.onnx --phase 2
              fce export Runs/svhn10k-500-fce/seed-1 --tensorboard events

            --onnx writes the classifier and the energy (opset 13, float32). In Python:

              import numpy as np, onnxruntime
              session = onnxruntime.InferenceSession("demo.onnx")
              images = np.zeros((1, 32, 32, 1), np.uint8)   # height, width, channels
              p, = session.run(["probabilities"], {"images": images})

            The input is bytes as an image file has them, of any number of images of the
            run's size; the graph scales them itself. Points of a run in the plane are
            float32 [N, 2], named `points`. Outputs:

              probabilities  p(y|x), [N, classes]; only with two classes or more
              logits         f_k(x) - c_k in nats, [N, classes]; likewise
              energy         f(x) - c in nats, [N]: log p(x) where the energy has no
                             base, else log p(x) - log q(x); left out where the run
                             trained no density. The flow q itself is not exported.

            The file's metadata name recipe, recipe_hash, seed, phase, commit, classes
            (JSON) and the energy's meaning. Probabilities are those of `fce predict` to
            1e-4 where that computes in float32; in bfloat16 it rounds a thousand times
            as much. Examples/check_onnx.py compares the two.

            --card writes a model card, Markdown as Hugging Face reads it, of a finished
            run: data, labels, test error with its interval, calibration, limits, and the
            command that repeats it.

            --tensorboard writes the run's metrics as an event file into a folder, for
              tensorboard --logdir events
            `fce train --tensorboard` writes one while it trains.
            """)

    @OptionGroup var runArgument: RunArgument

    @Option(help: ArgumentHelp("The ONNX model to write.", valueName: "file"), completion: .file())
    var onnx: String?

    @Option(help: ArgumentHelp("The model card to write.", valueName: "file"), completion: .file())
    var card: String?

    @Option(
        help: ArgumentHelp("The folder to write a TensorBoard event file into.", valueName: "dir"),
        completion: .directory)
    var tensorboard: String?

    @Option(
        help: "Export the weights at the end of this phase, counted from 1; by default the last that ended.")
    var phase: Int?

    func validate() throws {
        if onnx == nil && card == nil && tensorboard == nil {
            throw ValidationError("Say what to write: --onnx FILE, --card FILE or --tensorboard DIR.")
        }
        if phase != nil && onnx == nil {
            throw ValidationError("Only --onnx has a phase: a card and metrics are of the whole run.")
        }
    }

    func run() throws {
        let files = RunFiles(path: runArgument.run)
        if let onnx { try writeModel(to: onnx) }
        if let card {
            try ModelCard(files).write(to: card)
            print("\(card): a model card")
        }
        if let tensorboard { print("\(try files.writeEvents(in: tensorboard)): TensorBoard events") }
    }

    private func writeModel(to path: String) throws {
        let run = try LoadedRun(at: runArgument.run, phase: phase)
        let model = try run.onnxModel()
        try model.write(to: path)
        print("\(path): \(model.input) to \(model.outputs.joined(separator: ", "))")
    }
}
