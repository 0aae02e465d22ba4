import Scores

// What Gao et al., CVPR 2020 (arXiv:1912.00589), print, in their order. Numbers are there where they could be checked.

extension PaperCell {
    /// Every cell of the paper's tables, and its figures.
    public static let all: [PaperCell] =
        table1 + table2 + table3 + table4 + figures
}

extension PaperCell {
    private static let data = ["SVHN", "CIFAR-10", "CelebA"]

    private static func sets(_ printed: [String]) -> [(column: String, printed: String)] {
        zip(data, printed).map { ($0, $1) }
    }

    /// The FID of samples.
    private static let table1: [PaperCell] = {
        func row(
            _ name: String, _ printed: [String], at recipes: [String?], here: [[String]],
            missing: String? = nil
        )
            -> [PaperCell]
        {
            PaperCell.row(
                "Table 1, FID", name, sets(printed), { _ in .score(.fid) }, at: recipes, here: here,
                missing: missing)
        }
        let none = "there is no recipe for these images yet"
        let flows: [String?] = ["svhn/density-fce", "cifar10/density-fce", "celeba/density-fce"]
        let small = [["svhn10k/probe-fce"], ["cifar10-jpeg/density-fce"], []]
        return row(
            "VAE", ["57.25", "", ""], at: ["svhn/probe-vae"], here: [["svhn10k/probe-vae"]], missing: none)
            + row(
                "DCGAN", ["", "", ""], at: ["svhn/probe-dcgan"], here: [["svhn10k/probe-dcgan"]],
                missing: none)
            + row("Glow, maximum likelihood", ["41.70", "", ""], at: flows, here: small)
            + row("Glow, FCE", ["20.19", "37.30", "12.21"], at: flows, here: small)
    }()

    /// Bits per dimension.
    private static let table2: [PaperCell] = {
        func row(_ name: String, _ printed: [String], _ measure: Measure) -> [PaperCell] {
            PaperCell.row(
                "Table 2, bits/dim", name, sets(printed), { _ in measure },
                at: ["svhn/density-fce", "cifar10/density-fce", "celeba/density-fce"],
                here: [["svhn10k/probe-fce"], ["cifar10-jpeg/density-fce"], []])
        }
        return row("Glow, maximum likelihood", ["2.17", "", ""], .pretrainedFlow)
            + row("Glow, FCE", ["2.25", "", ""], .score(.flowBitsPerDim))
            + row("EBM, FCE", ["2.15", "3.27", ""], .score(.normalizedBitsPerDim))
    }()

    /// A linear SVM on features of SVHN.
    private static let table3: [PaperCell] = {
        let labels = [1000, 2000, 4000]
        func row(_ name: String, _ printed: [String], _ recipe: String?, _ here: String) -> [PaperCell] {
            PaperCell.row(
                "Table 3, error of an SVM on features, %", name,
                zip(["1,000 labels", "2,000 labels", "4,000 labels"], printed).map { ($0, $1) },
                { .probe(labels: labels[$0]) },
                at: [String?](repeating: recipe.map { "svhn/\($0)" }, count: 3),
                here: [[String]](repeating: ["svhn10k/\(here)"], count: 3))
        }
        func unknown(_ name: String, _ recipe: String) -> [PaperCell] {
            row(name, ["", "", ""], recipe, recipe)
        }
        return unknown("WGAN", "probe-wgan") + unknown("WGAN-GP", "probe-wgan-gp")
            + unknown("DDGM", "probe-ddgm")
            + row("DCGAN", ["38.59", "", ""], "probe-dcgan", "probe-dcgan")
            + unknown("SN-GAN", "probe-sn-gan") + unknown("MMD-GAN-rep", "probe-mmd-gan")
            + row(
                "persistent CD", ["45.74", "39.47", "34.18"], "probe-persistent-cd", "probe-persistent-cd")
            + row("one-step CD", ["44.38", "35.87", "30.45"], "probe-one-step-cd", "probe-one-step-cd")
            + row("multigrid sampling", ["30.23", "26.54", "22.83"], "probe-multigrid", "probe-multigrid")
            + row("FCE", ["", "", ""], "density-fce", "probe-fce")
    }()

    /// Test error with few labels.
    private static let table4: [PaperCell] = {
        func row(
            _ name: String, _ few: String, _ many: String, _ recipe: String?, here: [[String]] = [[], []],
            missing: String? = nil
        ) -> [PaperCell] {
            PaperCell.row(
                "Table 4, test error on SVHN, %", name, [("500 labels", few), ("1,000 labels", many)],
                at: recipe.map { ["svhn/500-\($0)", "svhn/1000-\($0)"] } ?? [], here: here, missing: missing)
        }
        func small(_ name: String, both: Bool = false) -> [[String]] {
            [["svhn10k/500-\(name)"], both ? ["svhn10k/1000-\(name)"] : []]
        }
        let none = "the method is not part of this toolkit"
        return row("SWWAE", "", "23.56", nil, missing: none)
            + row("Skip DGM", "", "16.61", nil, missing: none)
            + row("Auxiliary DGM", "", "22.86", nil, missing: none)
            + row(
                "GAN with feature matching", "18.44 ± 4.80", "8.11 ± 1.30", "gan-feature-matching",
                here: small("gan-feature-matching"))
            + PaperCell.row(
                "Table 4, test error on SVHN, %", "VAT, Conv-small", [("1,000 labels", "6.83 ± 0.24")],
                at: ["svhn/1000-vat-conv-small"], here: [["svhn10k/1000-vat"]])
            + row("VAT, Conv-large", "8.98 ± 0.26", "5.77 ± 0.32", "vat")
            + row("Π-model", "7.05 ± 0.30", "5.43 ± 0.25", "pi-model", here: small("pi-model"))
            + row(
                "temporal ensembling, with translations", "5.12 ± 0.13", "4.42 ± 0.16", "temporal-ensembling",
                here: small("temporal-ensembling"))
            + row("Mean Teacher", "5.45 ± 0.14", "5.21 ± 0.21", "mean-teacher", here: small("mean-teacher"))
            + row(
                "FCE-init, Conv-small", "9.42 ± 0.24", "8.50 ± 0.26", "conv-small-fce-init",
                here: small("fce-init", both: true))
            + row(
                "FCE, Conv-small", "7.05 ± 0.28", "6.35 ± 0.12", "conv-small-fce",
                here: small("fce", both: true))
            + row("FCE-init, Conv-large", "8.86 ± 0.26", "7.60 ± 0.23", "conv-large-fce-init")
            + row("FCE, Conv-large", "6.86 ± 0.18", "5.54 ± 0.18", "conv-large-fce")
            + row(
                "FCE + VAT, Conv-large", "4.47 ± 0.23", "3.87 ± 0.14", "conv-large-fce-vat",
                here: small("conv-large-fce-vat"))
    }()

    private static let figures: [PaperCell] = {
        func figure(
            _ place: String, _ row: String, _ picture: String?, _ here: [String], at recipe: String? = nil
        )
            -> PaperCell
        {
            PaperCell(
                place: "Figures", row: place, column: row, printed: "", measure: .picture(picture),
                recipe: recipe, here: here, missing: nil)
        }
        return [
            figure(
                "Figure 1", "densities in the plane over training", "Results/2d/figure1.svg",
                ["2d/eight-gaussians", "2d/checkerboard", "2d/two-spirals"]),
            figure(
                "Figure 2", "error of the log density", "Results/2d-table-figure2/log-density.svg",
                ["2d/figure2-fce-random", "2d/figure2-fce-pretrained", "2d/figure2-nce"]),
            figure(
                "Figure 3", "samples of SVHN, CIFAR-10 and CelebA", nil, ["svhn10k/probe-fce"],
                at: "svhn/density-fce"),
            figure(
                "Figure 4", "error over the number of labels",
                "Results/svhn10k-table-figure4/label-efficiency.svg",
                ["svhn10k/figure4-fce", "svhn10k/figure4-random-init", "svhn10k/figure4-supervised"]),
            figure("Figure 5", "two spirals with few labels", "Results/2d/figure5.svg", ["2d/spirals"]),
            figure(
                "Figure 6", "samples of SVHN before and after FCE", nil, ["svhn10k/probe-fce"],
                at: "svhn/density-fce"),
            figure(
                "Figure 7", "samples of CIFAR-10 before and after FCE", nil, ["cifar10-jpeg/density-fce"],
                at: "cifar10/density-fce"),
            figure("Figure 8", "samples of CelebA before and after FCE", nil, [], at: "celeba/density-fce"),
        ]
    }()
}
