package fakeec2

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/publicimages"
)

// fromParameter is how an image is named by a parameter of Systems Manager.
const fromParameter = "resolve:ssm:"

// image finds a public image: the fakes know those of package publicimages, which DescribeImages and the public parameters of
// Systems Manager answer too.
func (r *region) image(id string) (publicimages.Image, error) {
	if err := imageKind.check(id); err != nil {
		return publicimages.Image{}, err
	}
	if i, ok := publicimages.Find(r.Name, id); ok {
		return i, nil
	}
	return publicimages.Image{}, fakeaws.Error("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
}

// resolve turns the image of a request into its id: resolve:ssm:name, also with a version or label, is looked up in Systems
// Manager, AWS's public parameters also where that isn't installed.
func (s *Service) resolve(ctx context.Context, r *region, ref string) (string, error) {
	name, ok := strings.CutPrefix(ref, fromParameter)
	if !ok {
		return ref, nil
	}
	if ssm, ok := fakeaws.Capability[fakeaws.Parameters](s.cloud); ok {
		if id, found := ssm.Parameter(ctx, name); found {
			return id, nil
		}
	}
	if i, ok := publicimages.Named(r.Name, name); ok {
		return i.ID, nil
	}
	return "", invalidParameter("The parameter %s could not be resolved: it does not exist, or it is not accessible.", name)
}

// imageReference refuses what can be neither an image nor a parameter.
func imageReference(ref string) error {
	if name, ok := strings.CutPrefix(ref, fromParameter); ok {
		if name == "" {
			return fakeaws.Error("InvalidAMIID.Malformed", "Invalid id: %q (expecting \"ami-...\")", ref)
		}
		return nil
	}
	return imageKind.check(ref)
}

func describeImage(i publicimages.Image) types.Image {
	out := types.Image{
		ImageId: aws.String(i.ID), Name: aws.String(i.Name), OwnerId: aws.String(i.Owner), ImageOwnerAlias: text(i.OwnerAlias),
		ImageLocation: aws.String(cmp.Or(i.OwnerAlias, i.Owner) + "/" + i.Name), Public: aws.Bool(true), State: types.ImageStateAvailable,
		Architecture: types.ArchitectureValues(i.Architecture), ImageType: types.ImageTypeValuesMachine, Hypervisor: types.HypervisorTypeXen,
		VirtualizationType: types.VirtualizationTypeHvm, EnaSupport: aws.Bool(true), RootDeviceName: aws.String(i.RootDevice),
		RootDeviceType: types.DeviceTypeEbs, PlatformDetails: aws.String(platform(i)),
		BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String(i.RootDevice), Ebs: &types.EbsBlockDevice{
			DeleteOnTermination: aws.Bool(true), Encrypted: aws.Bool(false), VolumeSize: aws.Int32(i.GiB), VolumeType: types.VolumeTypeGp3,
			SnapshotId: aws.String(imageSnapshot(i)),
		}}},
	}
	if i.Windows {
		out.Platform = types.PlatformValuesWindows
	}
	if i.IMDSv2 {
		out.ImdsSupport = types.ImdsSupportValuesV20
	}
	return out
}

func platform(i publicimages.Image) string {
	if i.Windows {
		return "Windows"
	}
	return "Linux/UNIX"
}

// imageSnapshot is the snapshot that an image's root volume is made from; it belongs to the image's owner.
func imageSnapshot(i publicimages.Image) string { return "snap-" + strings.TrimPrefix(i.ID, "ami-") }

var imageQuery = query[publicimages.Image]{kind: imageKind, id: func(i *publicimages.Image) string { return i.ID }, columns: columns[publicimages.Image]{
	"architecture":        one(func(i *publicimages.Image) string { return i.Architecture }),
	"image-id":            one(func(i *publicimages.Image) string { return i.ID }),
	"image-type":          constant[publicimages.Image]("machine"),
	"is-public":           constant[publicimages.Image]("true"),
	"name":                one(func(i *publicimages.Image) string { return i.Name }),
	"owner-alias":         one(func(i *publicimages.Image) string { return i.OwnerAlias }),
	"owner-id":            one(func(i *publicimages.Image) string { return i.Owner }),
	"platform-details":    one(func(i *publicimages.Image) string { return platform(*i) }),
	"root-device-name":    one(func(i *publicimages.Image) string { return i.RootDevice }),
	"root-device-type":    constant[publicimages.Image]("ebs"),
	"state":               constant[publicimages.Image]("available"),
	"virtualization-type": constant[publicimages.Image]("hvm"),
	"platform": one(func(i *publicimages.Image) string {
		if i.Windows {
			return "windows"
		}
		return ""
	}),
}}

// DescribeImages answers public images; no account of the fake has images of its own.
func (s *Service) DescribeImages(ctx context.Context, in *ec2.DescribeImagesInput, _ ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	var known table[publicimages.Image]
	for _, i := range publicimages.In(r.Name) {
		known.add(i.ID, &i)
	}
	for _, id := range in.ImageIds {
		if _, err := r.image(id); err != nil {
			return nil, err
		}
	}
	found, next, err := list(ctx, r, &known, imageQuery, asked{in.ImageIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeImagesOutput{NextToken: next}
	for _, i := range found {
		if len(in.Owners) == 0 || slices.Contains(in.Owners, i.Owner) || i.OwnerAlias != "" && slices.Contains(in.Owners, i.OwnerAlias) {
			out.Images = append(out.Images, describeImage(*i))
		}
	}
	return out, nil
}
