/// The narrow table of kernels that all numeric work goes through, in stream order.
///
/// Layers, models and trainers know this protocol only, so that another device needs nothing but another
/// implementation and a case of ``Device``. The tests' `ReferenceBackend` does everything naively in float64 and treats
/// every floating type as float64.
///
/// Rules that hold for every kernel:
/// - Results are new tensors unless the name says `into` or `inout`.
/// - Element-wise operands have the same type, float32 or float64; bfloat16 is accepted where said.
/// - Shapes are checked with `precondition`: a mismatch is a programming error.
/// - Equal inputs give equal bits at a fixed thread count.
public protocol Backend: AnyObject, Sendable {
    /// Type of parameters and of activations outside bfloat16 networks: float32 (float64 in the reference).
    var real: ScalarType { get }
    /// Type of convolution activations when the precision policy allows bfloat16, else equal to `real`.
    var reduced: ScalarType { get }

    // MARK: Memory

    /// Uninitialised memory.
    func allocate(_ shape: Shape, _ type: ScalarType) -> Tensor
    /// A new tensor with the given elements, converted to `type`.
    func tensor(_ values: [Float], _ shape: Shape, _ type: ScalarType) -> Tensor
    func tensor(_ values: [Double], _ shape: Shape, _ type: ScalarType) -> Tensor
    /// The elements on the host. Synchronises; for losses, reports and checkpoints.
    func floats(_ x: Tensor) -> [Float]
    func doubles(_ x: Tensor) -> [Double]
    /// A new tensor of another type (any to any of the floating types). Same type: returns `x` itself.
    func cast(_ x: Tensor, to type: ScalarType) -> Tensor
    /// Writes `x` into `y` in place (same count; types may differ).
    func copy(_ x: Tensor, into y: Tensor)
    /// Sets every element of `y` in place (any type).
    func fill(_ y: Tensor, with value: Double)
    /// Entries `indices` of the first axis (any type): `y[i, …] = x[indices[i], …]`.
    func gatherRows(_ x: Tensor, _ indices: [Int]) -> Tensor
    /// Writes the rows of `x` to entries `indices` of `y`'s first axis, in place (one type): `y[indices[i], …] = x[i, …]`.
    /// No index comes twice.
    func scatterRows(_ x: Tensor, _ indices: [Int], into y: Tensor)

    // MARK: Random numbers (element i of a tensor is number i of its stream; real type)
    // Of a tensor whose first axis is `key.rows` of a batch, an element is the number that it has in the batch. While rows of a
    // shard are computed (``World/isDivided``), a key without rows is a programming error.

    /// Element i is low + (high − low)·2⁻²⁴·(w ≫ 8), w being word i mod 4 of Philox block i / 4.
    func uniform(_ shape: Shape, from low: Double, to high: Double, key: RandomKey) -> Tensor
    /// Box–Muller on words (0, 1) and (2, 3) of block i / 4: with u₁ = 2⁻²⁴((w₀ ≫ 8) + 1), u₂ = 2⁻²⁴(w₁ ≫ 8), the
    /// even element is √(−2 ln u₁)·cos 2πu₂ and the odd one √(−2 ln u₁)·sin 2πu₂.
    func normal(_ shape: Shape, key: RandomKey) -> Tensor

    // MARK: Products

    /// op(a)·op(b) for matrices `[m, k]`, `[k, n]`; a transposed operand is given as stored.
    func matrixProduct(_ a: Tensor, _ b: Tensor, transposeA: Bool, transposeB: Bool) -> Tensor
    /// `x` `[N, H, W, C]` (real or reduced) ⋆ `weights` `[kh, kw, C, O]` (real) + `bias` `[O]`, then
    /// leaky ReLU of `slope` (0 is ReLU, nil is none). The result is of `output` type.
    func convolution(
        _ x: Tensor, _ weights: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry, slope: Float?,
        output: ScalarType
    ) -> Tensor
    /// Gradient for the input of a convolution, of `dy`'s type. `shape` is the input's.
    func convolutionInputGradient(
        _ dy: Tensor, _ weights: Tensor, _ geometry: ConvolutionGeometry, shape: Shape
    ) -> Tensor
    /// Gradient for the weights, real `[kh, kw, C, O]`, summed over the batch. `x` and `dy` have one type. `shape`
    /// is the weights': with a stride above 1 the extents of `x` and `dy` leave the kernel's open.
    func convolutionWeightGradient(
        _ x: Tensor, _ dy: Tensor, _ geometry: ConvolutionGeometry, shape: Shape
    ) -> Tensor
    /// The gradient through leaky ReLU and bias: `dz = dy · (y > 0 ? 1 : slope)` of `dy`'s type (`dy` itself when `slope`
    /// is nil), and, when asked, its sum over all but the last axis, real `[C]`. `dy` and `y` are real or reduced.
    func activationGradient(_ dy: Tensor, _ y: Tensor, slope: Float?, wantsBias: Bool) -> (
        dz: Tensor, bias: Tensor?
    )

    // MARK: Element-wise and reductions

    func map(_ function: ElementFunction, _ x: Tensor) -> Tensor
    /// `dy · f'(x)`; `y = f(x)` is given too.
    func mapGradient(_ function: ElementFunction, x: Tensor, y: Tensor, dy: Tensor) -> Tensor
    /// `a ∘ b` with `b` read through `broadcast`. `a` real or float64 (also bfloat16 with
    /// `.elementwise` `add`); `b` has a's type, or float64 with `.rows` and `.scalar`.
    func combine(_ operation: BinaryOperation, _ a: Tensor, _ b: Tensor, _ broadcast: Broadcast) -> Tensor
    /// `scale · x + shift` (any floating type).
    func affine(_ x: Tensor, scale: Double, shift: Double) -> Tensor
    /// `y += scale · x`, in place (one type).
    func accumulate(_ x: Tensor, into y: Tensor, scale: Double)
    /// Sums, accumulated in float64. `.all` gives float64 `[1]`, `.rows` float64 `[N]` (all but the first axis),
    /// `.channels` real `[C]` (all but the last axis; float64 for float64 input). bfloat16 input allowed.
    func sum(_ x: Tensor, _ reduction: Reduction) -> Tensor
    /// Mean and (biased) variance per channel over all but the last axis, of x's type or real for bfloat16.
    func moments(_ x: Tensor) -> (mean: Tensor, variance: Tensor)
    /// log Σ_k exp(x[n, k]) of float64 `[N, K]`, as float64 `[N]`; log Σ over an all −∞ row is −∞.
    func logSumExp(_ x: Tensor) -> Tensor

    // MARK: Layout

    /// Channels `range` of the last axis (any type).
    func channels(_ x: Tensor, _ range: Range<Int>) -> Tensor
    /// Both tensors joined along the last axis.
    func concatenated(_ a: Tensor, _ b: Tensor) -> Tensor
    /// All parts joined along the first axis.
    func stacked(_ parts: [Tensor]) -> Tensor
    /// `[N, H, W, C]` → `[N, H/2, W/2, 4C]`; new channel `4c + 2·dy + dx` holds channel c of pixel (2i+dy, 2j+dx).
    func squeeze(_ x: Tensor) -> Tensor
    func unsqueeze(_ x: Tensor) -> Tensor
    /// Pads images `[N, H, W, C]` with `extent` zero pixels on every side, and the adjoint crop.
    func padded(_ x: Tensor, _ extent: Int) -> Tensor
    func cropped(_ x: Tensor, _ extent: Int) -> Tensor

    // MARK: Network pieces (x real or reduced; results of x's type unless said)

    /// `w[…, o] = g[o] · v[…, o] / ‖v[…, o]‖`; also returns the norms `[O]`. Salimans & Kingma 2016, eq. 2.
    func weightNorm(_ v: Tensor, _ g: Tensor) -> (weights: Tensor, norms: Tensor)
    /// Gradients of ``weightNorm(_:_:)`` for v and g; Salimans & Kingma 2016, eq. 3.
    func weightNormGradient(_ dw: Tensor, _ v: Tensor, _ g: Tensor, norms: Tensor) -> (dv: Tensor, dg: Tensor)
    /// Zeroes each element with probability `rate` and scales the rest by 1/(1 − rate). The mask is a function
    /// of `key` and the element's index alone, so that the gradient is the same call on dy: element i takes
    /// 16-bit half i mod 8 of Philox block i / 8 (low half of a word first) and stays if it is ≥ rate·2¹⁶.
    func dropout(_ x: Tensor, rate: Double, key: RandomKey) -> Tensor
    /// `[N, H, W, C]` → `[N, C]`, and the winning positions (int32 `[N, C]`, index into H·W).
    func globalMaxPool(_ x: Tensor) -> (y: Tensor, winners: Tensor)
    func globalMaxPoolGradient(_ dy: Tensor, winners: Tensor, shape: Shape) -> Tensor
    func globalMeanPool(_ x: Tensor) -> Tensor
    func globalMeanPoolGradient(_ dy: Tensor, shape: Shape) -> Tensor
    /// 2×2 maximum, stride 2 (odd last row and column dropped); winners are 0…3, int32.
    func maxPool(_ x: Tensor) -> (y: Tensor, winners: Tensor)
    func maxPoolGradient(_ dy: Tensor, winners: Tensor, shape: Shape) -> Tensor
    /// What the gradient of y = γ(x − μ)·σ⁻¹ + β through batch statistics sums over all but the last axis: Σ dy·(x − μ)σ⁻¹ and
    /// Σ dy, float64 `[2, C]`. `inverseDeviation` is σ⁻¹ = (variance + ε)^-½. Ioffe & Szegedy 2015; all per channel.
    func batchNormSums(_ dy: Tensor, x: Tensor, mean: Tensor, inverseDeviation: Tensor) -> Tensor
    /// Its gradient for x, dx = γσ⁻¹·(dy − Σdy/M − (x − μ)σ⁻¹·Σ(dy·(x − μ)σ⁻¹)/M), of those sums over all M values of a channel,
    /// of which x may be a part.
    func batchNormGradient(
        _ dy: Tensor, x: Tensor, mean: Tensor, inverseDeviation: Tensor, gamma: Tensor, sums: Tensor,
        count: Int
    ) -> Tensor

    // MARK: Flow pieces

    /// log N(z; mean, exp(2·logSD)) summed over all but the first axis, float64 `[N]`. z `[N, …]`; mean and logSD of
    /// z's shape, or `[…]` for all rows.
    func gaussianLogDensity(_ z: Tensor, mean: Tensor, logDeviation: Tensor) -> Tensor
    /// Gradients for z, mean and logSD (each of its own shape) given float64 `[N]` dy.
    func gaussianLogDensityGradient(_ dy: Tensor, _ z: Tensor, mean: Tensor, logDeviation: Tensor) -> (
        dz: Tensor, dmean: Tensor, dlogDeviation: Tensor
    )
    /// W = P·L·(U + diag(sign·exp(logDiagonal))), `[C, C]`, L unit lower, U strictly upper triangular (the other
    /// entries of `lower` and `upper` are ignored); row i of P·A is row permutation[i] of A. Glow eq. 10.
    func composePLU(_ plu: PLU) -> Tensor
    func composePLUGradient(_ dw: Tensor, _ plu: PLU) -> (lower: Tensor, upper: Tensor, logDiagonal: Tensor)
    /// Inverse of `[C, C]`, computed in float64.
    func inverse(_ matrix: Tensor) -> Tensor

    /// f(x) of real `x` `[N, …, C]`, element by element, or f⁻¹(x), and Σ log f' at the argument of f over all but the first
    /// axis, float64 `[N]`. `parameters` is `[N, …, C·P]`, P raw numbers an element, as ``RationalQuadraticSpline`` has it.
    func spline(_ x: Tensor, _ parameters: Tensor, _ spline: RationalQuadraticSpline, inverse: Bool) -> (
        y: Tensor, logSlope: Tensor
    )
    /// Gradients for x and the parameters, given those of both results. `argument` is f's: `x`, or `y` of the inverse.
    func splineGradient(
        _ dy: Tensor, logSlope: Tensor, argument: Tensor, _ parameters: Tensor,
        _ spline: RationalQuadraticSpline, inverse: Bool
    ) -> (dx: Tensor, dparameters: Tensor)

    // MARK: Optimisers (all in place on float vectors of one length)

    func adamStep(_ state: OptimizerState, _ rule: AdamRule)
    func adamaxStep(_ state: OptimizerState, _ rule: AdamRule)

    // MARK: The machine

    /// The ranks that a run on this backend is divided among.
    var world: World { get }
    /// Calls `body` with the elements of `x` on the host, to read and to write. Synchronises.
    func withBytes(of x: Tensor, _ body: (UnsafeMutableRawBufferPointer) -> Void)
    /// Threads of this machine that compute or feed the device.
    var threads: Int { get }
    /// What the run header prints: instruction set, libraries, threads.
    var summary: [(name: String, value: String)] { get }
    /// Bytes held from the system now, and the most since ``resetPeak()``.
    var memory: (held: Int, peak: Int) { get }
    func resetPeak()
}

/// Kernel extent comes from the weights; padding is symmetric and zero-valued.
public struct ConvolutionGeometry: Hashable, Sendable {
    public var stride: Int
    public var padding: Int

    public init(stride: Int = 1, padding: Int = 0) {
        self.stride = stride
        self.padding = padding
    }

    public func outputExtent(_ input: Int, kernel: Int) -> Int { (input + 2 * padding - kernel) / stride + 1 }
}

/// f(x), element by element.
public enum ElementFunction: String, Hashable, Sendable, CaseIterable {
    case exp, log, square, sigmoid, tanh
    /// log(1 + exp x), without overflow.
    case softplus
    case reciprocal
    /// 1/√x
    case inverseSquareRoot
    /// max(x, 0)
    case relu
    case squareRoot
    /// The largest whole number that is not above x; its derivative is 0.
    case floor
}

public enum BinaryOperation: String, Hashable, Sendable, CaseIterable {
    case add, subtract, multiply, divide
}

/// How the second operand of ``Backend/combine(_:_:_:_:)`` is read.
public enum Broadcast: Hashable, Sendable {
    /// Both operands have the same count.
    case elementwise
    /// The second operand is `[C]` and lies along the last axis.
    case channels
    /// The second operand is `[N]` and lies along the first axis.
    case rows
    /// The second operand is one element.
    case scalar
}

public enum Reduction: Hashable, Sendable { case all, rows, channels }

/// The factors of an invertible 1×1 convolution.
public struct PLU: Sendable {
    public var lower: Tensor
    public var upper: Tensor
    public var logDiagonal: Tensor
    public var signs: [Float]
    public var permutation: [Int]

    public init(lower: Tensor, upper: Tensor, logDiagonal: Tensor, signs: [Float], permutation: [Int]) {
        self.lower = lower
        self.upper = upper
        self.logDiagonal = logDiagonal
        self.signs = signs
        self.permutation = permutation
    }
}

/// What an optimiser reads and writes: four vectors of one length.
public struct OptimizerState: Sendable {
    public var parameters: Tensor
    public var gradient: Tensor
    public var first: Tensor
    public var second: Tensor

    public init(parameters: Tensor, gradient: Tensor, first: Tensor, second: Tensor) {
        self.parameters = parameters
        self.gradient = gradient
        self.first = first
        self.second = second
    }
}

/// Coefficients of one Adam or Adamax step; Kingma & Ba 2015, algorithms 1 and 2. `step` counts from 1.
public struct AdamRule: Sendable {
    public var rate: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    public var step: Int
    /// Adamax only: multiply the rate by Adam's √(1 − β₂ᵗ) as well, as openai/glow's `optim.py` does.
    public var glowCorrection: Bool
    /// Adam only: divide the moments by 1 − βᵗ. RMSProp does not.
    public var correctsBias: Bool

    public init(
        rate: Double, beta1: Double, beta2: Double, epsilon: Double, step: Int, glowCorrection: Bool = false,
        correctsBias: Bool = true
    ) {
        self.rate = rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.step = step
        self.glowCorrection = glowCorrection
        self.correctsBias = correctsBias
    }
}

extension Backend {
    /// A backend that knows no other ranks.
    public var world: World { .alone }

    public func withBytes(of x: Tensor, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
        preconditionFailure("a backend that cannot move elements between ranks")
    }

    public func zeros(_ shape: Shape, _ type: ScalarType) -> Tensor {
        let y = allocate(shape, type)
        fill(y, with: 0)
        return y
    }

    public func zerosLike(_ x: Tensor) -> Tensor { zeros(x.shape, x.type) }

    /// The step function: 1 where x > 0, else 0.
    package func heaviside(_ x: Tensor) -> Tensor {
        let ones = zerosLike(x)
        fill(ones, with: 1)
        return mapGradient(.relu, x: x, y: x, dy: ones)
    }

    /// The value of a one-element tensor. Synchronises.
    public func scalar(_ x: Tensor) -> Double {
        precondition(x.count == 1, "not a scalar: \(x.shape)")
        return doubles(x)[0]
    }
}
