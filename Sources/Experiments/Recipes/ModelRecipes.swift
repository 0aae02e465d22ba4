import Datasets
import EnergyModels
import Flows
import Networks

/// `[data]`: which images or points, and how many of them are labelled.
public struct DataRecipe: Sendable, Equatable {
    public enum Source: String, CaseIterable, Sendable {
        /// `train_32x32.mat` and `test_32x32.mat`.
        case svhn
        /// Four `.gz` files in the IDX format of MNIST.
        case fashionMNIST = "fashion-mnist"
        /// CIFAR-10's binary batches.
        case cifar10
        /// Pictures, one folder per class.
        case imageFolder = "image-folder"
        /// Pictures named by a CSV file with the columns path and label.
        case csv
        /// NumPy arrays of images and labels.
        case npz
        /// A two-dimensional density.
        case plane
        /// A few generated images: what `--smoke` uses without data.
        case synthetic

        /// The reader of such images; nil for points.
        public var images: DatasetSource? { DatasetSource(rawValue: rawValue) }

        /// The sources of images that have a property.
        static func those(_ property: (DatasetSource) -> Bool) -> [Source] {
            allCases.filter { $0.images.map(property) ?? false }
        }
    }

    public var source: Source
    /// Names the data in tables; by default the source.
    public var name: String
    /// The folder of the files, relative to the working directory.
    public var directory: String
    /// Labelled images in all, the same number of each class; 0: none.
    public var labels = 0
    /// Every training image that is not held out is labelled; ``labels`` is then 0.
    public var allLabels = false
    /// Training images held out to choose settings by.
    public var validation = 1000
    public var unlabelledIncludesLabelled = true
    /// SVHN's `extra_32x32.mat` as further unlabelled images.
    public var extra = false
    /// Side of the square images, in pixels.
    public var size = 32
    public var channels = 3
    public var density = PlaneDensity.twoSpirals
    /// Draws the points; 0: the flow's.
    public var seed = 0
    /// Training examples to use, or, of a density, to draw; 0: all.
    public var train = 0
    public var test = 0
    /// Share kept for testing of data without a test part.
    public var testShare = 0.2
    /// Test images join the training images, and nothing is tested: what `--final` sets.
    public var final = false
    /// Most images of each class, of a part of the data; 0: all of the data. What `--smoke` sets.
    public var excerpt = 0

    /// Whether any image is labelled.
    public var hasLabels: Bool { labels > 0 || allLabels }

    /// The defaults of a source.
    public init(source: Source) {
        self.source = source
        name = source.rawValue
        directory = source == .fashionMNIST ? FashionMNIST.debianDirectory : "Data/\(source.rawValue)"
        switch source {
        case .fashionMNIST: channels = 1
        case .plane: (directory, train, test, validation) = ("", 10000, 2000, 0)
        case .synthetic: (directory, train, test, validation) = ("", 64, 64, 0)
        case .csv: directory = "Data/labels.csv"
        case .npz: directory = "Data/images.npz"
        case .svhn, .cifar10, .imageFolder: break
        }
    }
}

/// `[flow]`: the tractable density q.
public struct FlowRecipe: Sendable, Equatable {
    public enum Kind: String, CaseIterable, Sendable { case glow, plane }
    public typealias Coupling = Flows.Coupling.Kind

    public var kind: Kind
    public var levels = 3
    /// Steps of flow per level.
    public var blocks = 8
    /// Hidden channels of the coupling networks.
    public var width = 512
    public var coupling = Coupling.additive
    /// Affine couplings of the flow in the plane; 0: a Gaussian.
    public var couplings = 10
    /// Shared by the seeds of a row, so that they share one trained flow.
    public var seed = 1

    /// The paper's Table 7 for images, ten affine couplings of width 128 in the plane.
    public init(kind: Kind) {
        self.kind = kind
        if kind == .plane { width = 128 }
    }
}

/// `[generator]`: what draws images in a GAN, of any kind.
public struct GeneratorRecipe: Sendable, Equatable {
    /// Factor on the channels 512, 256 and 128.
    public var width = 1.0
    /// Numbers an image is made of, uniform in a GAN and normal in a VAE.
    public var latent = 100
}

/// `[energy]`: the K-class energy-based model p_k(x) ∝ exp(f_k(x) − c_k).
public struct EnergyRecipe: Sendable, Equatable {
    public typealias Network = EnergyConfiguration.Network

    /// What f is measured against: nothing, the flow as it was after maximum likelihood, or the current flow.
    public typealias Base = EnergyConfiguration.Base
    public typealias Pooling = EnergyConfiguration.Pooling
    public typealias Downsample = EnergyConfiguration.Downsampling
    public typealias Head = EnergyConfiguration.Head
    public typealias Normalization = EnergyConfiguration.Normalization

    public var base: Base
    public var network = Network.convSmall
    /// K; 1 is the unsupervised model.
    public var classes = 10
    /// Units of a critic's last layer; 0: K.
    public var outputs = 0
    /// Number of experts where the head is a product of experts.
    public var experts = 128
    /// Factor on the channels of every layer.
    public var width = 1.0
    public var head: Head
    /// Standard deviation of the logits over the batch that initialises them.
    public var initialDeviation = 1.0
    public var normalization = Normalization.weight
    public var normalizeLogits = false
    /// Slope of the leaky ReLU below 0.
    public var slope = 0.2
    public var pooling = Pooling.max
    public var downsample = Downsample.stride
    /// Rates before the first, second and third block.
    public var dropout = [0.2, 0.5, 0.5]
    /// ρ_k of eq. 15; empty: uniform, as in eq. 18.
    public var priors: [Double] = []
    /// ν: samples of the flow a datum.
    public var negatives = 1

    /// The defaults of a base: only base `none` needs a head with a gain, to follow the spread of log q.
    public init(base: Base) {
        self.base = base
        head = base == .none ? .gain : .plain
    }

    /// The network in a few words: `conv-small × 0.5, mean pooling`. The paper's pooling is not mentioned.
    public var networkTitle: String {
        network.rawValue + (width == 1 ? "" : " × \(width)") + (pooling == .max ? "" : ", \(pooling) pooling")
    }
}

/// `[input]`: what the energy's network does to its images first, and how training images are changed at random.
public struct InputRecipe: Sendable, Equatable {
    /// Every image to mean 0 and variance 1.
    public var standardize = false
    /// Largest shift in training, in pixels each way; 0: none.
    public var translate = 0
    /// Standard deviation of Gaussian noise in training, in the units of x/256 − 0.5, or of standardised images.
    public var noise = 0.0
    /// Whether training images are mirrored at random: they are what all models learn the distribution of.
    public var flip = false
    /// Likewise, the largest shift of a random crop out of the reflected image, in pixels each way; 0: none.
    public var crop = 0
}
