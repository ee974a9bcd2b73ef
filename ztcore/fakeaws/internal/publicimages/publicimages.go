// Package publicimages is the catalogue of machine images that AWS and its partners publish, for the fakes that answer them: EC2,
// which describes and runs them, and Systems Manager, whose public parameters name the newest of each family.
package publicimages

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// Image is a public image as one region has it.
type Image struct {
	ID           string // ami- and 17 digits; it differs from region to region, as AWS's do
	Name         string
	Owner        string // account id
	OwnerAlias   string // "amazon", or "" for Canonical
	Architecture string // "x86_64" or "arm64"
	Windows      bool
	RootDevice   string
	GiB          int32    // of the root volume
	IMDSv2       bool     // registered with ImdsSupport=v2.0, so its instances require tokens by default
	Parameters   []string // the public parameters whose value is the id
}

// families are the images without what differs by region.
var families = []Image{
	amazon("al2023-ami-2023.9.20251117.1-kernel-6.1-x86_64", "x86_64", true, "al2023-ami-kernel-default-x86_64", "al2023-ami-kernel-6.1-x86_64"),
	amazon("al2023-ami-2023.9.20251117.1-kernel-6.1-arm64", "arm64", true, "al2023-ami-kernel-default-arm64", "al2023-ami-kernel-6.1-arm64"),
	amazon("al2023-ami-minimal-2023.9.20251117.1-kernel-6.1-x86_64", "x86_64", true, "al2023-ami-minimal-kernel-default-x86_64", "al2023-ami-minimal-kernel-6.1-x86_64"),
	amazon("al2023-ami-minimal-2023.9.20251117.1-kernel-6.1-arm64", "arm64", true, "al2023-ami-minimal-kernel-default-arm64", "al2023-ami-minimal-kernel-6.1-arm64"),
	amazon("amzn2-ami-kernel-5.10-hvm-2.0.20251110.1-x86_64-gp2", "x86_64", false, "amzn2-ami-kernel-5.10-hvm-x86_64-gp2", "amzn2-ami-hvm-x86_64-gp2"),
	amazon("amzn2-ami-kernel-5.10-hvm-2.0.20251110.1-arm64-gp2", "arm64", false, "amzn2-ami-kernel-5.10-hvm-arm64-gp2", "amzn2-ami-hvm-arm64-gp2"),
	ubuntu("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20251022", "x86_64", "24.04/stable/current/amd64/hvm/ebs-gp3"),
	ubuntu("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20251022", "arm64", "24.04/stable/current/arm64/hvm/ebs-gp3"),
	ubuntu("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20251015", "x86_64", "22.04/stable/current/amd64/hvm/ebs-gp2"),
	ubuntu("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-arm64-server-20251015", "arm64", "22.04/stable/current/arm64/hvm/ebs-gp2"),
	windows("Windows_Server-2022-English-Full-Base"), windows("Windows_Server-2025-English-Full-Base"), windows("Windows_Server-2019-English-Full-Base"),
}

func amazon(name, architecture string, tokens bool, parameters ...string) Image {
	i := Image{Name: name, Owner: "137112412989", OwnerAlias: "amazon", Architecture: architecture, RootDevice: "/dev/xvda", GiB: 8, IMDSv2: tokens}
	for _, p := range parameters {
		i.Parameters = append(i.Parameters, "/aws/service/ami-amazon-linux-latest/"+p)
	}
	return i
}

func ubuntu(name, architecture, release string) Image {
	return Image{Name: name, Owner: "099720109477", Architecture: architecture, RootDevice: "/dev/sda1", GiB: 8,
		Parameters: []string{"/aws/service/canonical/ubuntu/server/" + release + "/ami-id"}}
}

func windows(name string) Image {
	return Image{Name: name + "-2025.11.12", Owner: "801119661308", OwnerAlias: "amazon", Architecture: "x86_64", Windows: true, RootDevice: "/dev/sda1", GiB: 30,
		Parameters: []string{"/aws/service/ami-windows-latest/" + name}}
}

// In lists the images of a region, always the same ones in the same order.
func In(region string) []Image {
	out := slices.Clone(families)
	for i := range out {
		sum := sha256.Sum256([]byte(region + "/" + out[i].Name))
		out[i].ID = "ami-" + hex.EncodeToString(sum[:])[:17]
	}
	return out
}

// Named finds the image whose id a public parameter holds.
func Named(region, parameter string) (Image, bool) {
	return pick(region, func(i Image) bool { return slices.Contains(i.Parameters, parameter) })
}

// Find finds an image by its id.
func Find(region, id string) (Image, bool) {
	return pick(region, func(i Image) bool { return i.ID == id })
}

func pick(region string, holds func(Image) bool) (Image, bool) {
	all := In(region)
	if i := slices.IndexFunc(all, holds); i >= 0 {
		return all[i], true
	}
	return Image{}, false
}
