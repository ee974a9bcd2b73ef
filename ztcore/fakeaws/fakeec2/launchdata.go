package fakeec2

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// maxUserData is the size of user data before it is encoded ("Run commands when you launch an EC2 instance", EC2 User Guide).
const maxUserData = 16 << 10

// launchMembers are what a launch honours, in a launch template and in RunInstances alike.
func launchMembers(prefix string) []string {
	names := []string{
		"BlockDeviceMappings.DeviceName", "BlockDeviceMappings.NoDevice", "BlockDeviceMappings.Ebs.DeleteOnTermination", "BlockDeviceMappings.Ebs.Encrypted",
		"BlockDeviceMappings.Ebs.Iops", "BlockDeviceMappings.Ebs.KmsKeyId", "BlockDeviceMappings.Ebs.SnapshotId", "BlockDeviceMappings.Ebs.Throughput",
		"BlockDeviceMappings.Ebs.VolumeSize", "BlockDeviceMappings.Ebs.VolumeType", "DisableApiStop", "DisableApiTermination", "EbsOptimized",
		"IamInstanceProfile", "ImageId", "InstanceInitiatedShutdownBehavior", "InstanceMarketOptions.MarketType", "InstanceType", "MetadataOptions", "Monitoring",
		"NetworkInterfaces.AssociatePublicIpAddress", "NetworkInterfaces.DeleteOnTermination", "NetworkInterfaces.Description", "NetworkInterfaces.DeviceIndex",
		"NetworkInterfaces.Groups", "NetworkInterfaces.InterfaceType", "NetworkInterfaces.NetworkInterfaceId", "NetworkInterfaces.PrivateIpAddress",
		"NetworkInterfaces.SecondaryPrivateIpAddressCount", "NetworkInterfaces.SubnetId", "Placement.AvailabilityZone", "Placement.Tenancy",
		"SecurityGroupIds", "SecurityGroups", "TagSpecifications", "UserData",
	}
	for i := range names {
		names[i] = prefix + names[i]
	}
	return names
}

// recast turns one of EC2's structs into another that has the same members, as the request's and the answer's form of the same data.
func recast[T any](v any) T {
	var out T
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic("fakeec2: the SDK's types no longer agree: " + err.Error())
	}
	return out
}

// templateData checks the data of a launch template's version for what is wrong by itself.
func templateData(in *types.RequestLaunchTemplateData) (types.ResponseLaunchTemplateData, error) {
	if in == nil || reflect.ValueOf(*in).IsZero() {
		return types.ResponseLaunchTemplateData{}, missingParameter("LaunchTemplateData")
	}
	data := recast[types.ResponseLaunchTemplateData](in)
	return data, launchable(fromTemplate(data))
}

// fromTemplate is a launch template's data as a request to run instances.
func fromTemplate(data types.ResponseLaunchTemplateData) *ec2.RunInstancesInput {
	in := recast[ec2.RunInstancesInput](data)
	return &in
}

// over lays what a newer version gives over an older one: each top-level member is replaced as a whole.
func over[T any](old, newer T) T {
	out := reflect.ValueOf(&old).Elem()
	top := reflect.ValueOf(newer)
	for i := range top.NumField() {
		if out.Type().Field(i).IsExported() && !top.Field(i).IsZero() {
			out.Field(i).Set(top.Field(i))
		}
	}
	return old
}

// combined lays a request over the launch template that it names: its members win, and options and tags do one by one.
func combined(template types.ResponseLaunchTemplateData, request *ec2.RunInstancesInput) *ec2.RunInstancesInput {
	base := fromTemplate(template)
	out := over(*base, *request)
	if base.MetadataOptions != nil && request.MetadataOptions != nil {
		m := over(*base.MetadataOptions, *request.MetadataOptions)
		out.MetadataOptions = &m
	}
	out.TagSpecifications = nil
	for _, source := range [][]types.TagSpecification{request.TagSpecifications, base.TagSpecifications} {
		for _, spec := range source {
			i := slices.IndexFunc(out.TagSpecifications, func(o types.TagSpecification) bool { return o.ResourceType == spec.ResourceType })
			if i < 0 {
				i = len(out.TagSpecifications)
				out.TagSpecifications = append(out.TagSpecifications, types.TagSpecification{ResourceType: spec.ResourceType})
			}
			have := &out.TagSpecifications[i].Tags
			for _, t := range spec.Tags {
				if !slices.ContainsFunc(*have, func(o types.Tag) bool { return aws.ToString(o.Key) == aws.ToString(t.Key) }) {
					*have = append(*have, t)
				}
			}
		}
	}
	out.BlockDeviceMappings = slices.Clone(request.BlockDeviceMappings)
	for _, m := range base.BlockDeviceMappings {
		if !slices.ContainsFunc(out.BlockDeviceMappings, func(o types.BlockDeviceMapping) bool { return aws.ToString(o.DeviceName) == aws.ToString(m.DeviceName) }) {
			out.BlockDeviceMappings = append(out.BlockDeviceMappings, m)
		}
	}
	return &out
}

// oneOf refuses a value that an enumeration does not have; an empty one is not given.
func oneOf[E interface {
	~string
	Values() []E
}](value E, parameter string) error {
	if value != "" && !slices.Contains(value.Values(), value) {
		return invalidParameter("Invalid value '%s' for %s.", value, parameter)
	}
	return nil
}

// hopLimit is from InstanceMetadataOptionsRequest, EC2 API reference.
func hopLimit(n *int32) error {
	if n != nil && (*n < 1 || *n > 64) {
		return invalidParameter("Value (%d) for parameter HttpPutResponseHopLimit is invalid. Use an integer from 1 to 64.", *n)
	}
	return nil
}

func userData(encoded *string) error {
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(encoded))
	if err != nil {
		return fakeaws.Error("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
	}
	if len(raw) > maxUserData {
		return invalidParameter("User data is limited to 16384 bytes")
	}
	return nil
}

// profileReference refuses both ways of naming an instance profile at once.
func profileReference(p *types.IamInstanceProfileSpecification) error {
	if p != nil && p.Arn != nil && p.Name != nil {
		return badCombination("The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'")
	}
	return nil
}

// launchable refuses what is wrong with a launch by itself, whatever the region holds.
func launchable(in *ec2.RunInstancesInput) error {
	if in.ImageId != nil {
		if err := imageReference(*in.ImageId); err != nil {
			return err
		}
	}
	for _, err := range []error{
		oneOf(in.InstanceType, "InstanceType"), oneOf(in.InstanceInitiatedShutdownBehavior, "instanceInitiatedShutdownBehavior"),
		profileReference(in.IamInstanceProfile), userData(in.UserData),
	} {
		if err != nil {
			return err
		}
	}
	if m := in.MetadataOptions; m != nil {
		for _, err := range []error{
			oneOf(m.HttpTokens, "HttpTokens"), oneOf(m.HttpEndpoint, "HttpEndpoint"), oneOf(m.InstanceMetadataTags, "InstanceMetadataTags"),
			oneOf(m.HttpProtocolIpv6, "HttpProtocolIpv6"), hopLimit(m.HttpPutResponseHopLimit),
		} {
			if err != nil {
				return err
			}
		}
	}
	if in.InstanceMarketOptions != nil {
		if in.InstanceMarketOptions.MarketType != types.MarketTypeSpot {
			return invalidParameter("Invalid value '%s' for marketType. The fake knows spot.", in.InstanceMarketOptions.MarketType)
		}
		if in.InstanceInitiatedShutdownBehavior == types.ShutdownBehaviorStop {
			return badCombination("The parameter instanceInitiatedShutdownBehavior cannot be stop for one-time Spot Instances")
		}
	}
	for _, spec := range in.TagSpecifications {
		if !slices.Contains(launchTagged, spec.ResourceType) {
			return invalidParameter("'%s' is not a valid taggable resource type for this operation.", spec.ResourceType)
		}
		if _, err := checked(spec.Tags); err != nil {
			return err
		}
	}
	return devicesAreSound(in.BlockDeviceMappings)
}

// launchTagged are the types of what a launch makes and tags.
var launchTagged = []types.ResourceType{types.ResourceTypeInstance, types.ResourceTypeVolume, types.ResourceTypeNetworkInterface, types.ResourceTypeSpotInstancesRequest}

func devicesAreSound(mappings []types.BlockDeviceMapping) error {
	seen := map[string]bool{}
	for _, m := range mappings {
		name := aws.ToString(m.DeviceName)
		if name == "" {
			return missingParameter("blockDeviceMapping.deviceName")
		}
		if seen[name] {
			return fakeaws.Error("InvalidBlockDeviceMapping", "The device '%s' is used in more than one block-device mapping", name)
		}
		seen[name] = true
		if m.Ebs == nil {
			continue
		}
		if m.Ebs.KmsKeyId != nil && !aws.ToBool(m.Ebs.Encrypted) {
			return fakeaws.Error("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
		}
		if err := volumeShape(m.Ebs.VolumeType, m.Ebs.VolumeSize, m.Ebs.Iops, m.Ebs.Throughput); err != nil {
			return err
		}
	}
	return nil
}

// volumeShape refuses sizes and rates that a type of volume does not have (EbsBlockDevice, EC2 API reference).
func volumeShape(t types.VolumeType, size, iops, throughput *int32) error {
	if err := oneOf(t, "volumeType"); err != nil {
		return err
	}
	if t == "" {
		t = types.VolumeTypeGp2
	}
	limits := map[types.VolumeType][2]int32{
		types.VolumeTypeGp2: {1, 16384}, types.VolumeTypeGp3: {1, 65536}, types.VolumeTypeIo1: {4, 16384}, types.VolumeTypeIo2: {4, 65536},
		types.VolumeTypeSt1: {125, 16384}, types.VolumeTypeSc1: {125, 16384}, types.VolumeTypeStandard: {1, 1024},
	}[t]
	if size != nil && (*size < limits[0] || *size > limits[1]) {
		return invalidParameter("Volume of %dGiB is out of range for volume type %s; it must be between %d and %dGiB.", *size, t, limits[0], limits[1])
	}
	if iops != nil && !slices.Contains([]types.VolumeType{types.VolumeTypeGp3, types.VolumeTypeIo1, types.VolumeTypeIo2}, t) {
		return badCombination("The parameter iops is not supported for %s volumes.", t)
	}
	if iops == nil && (t == types.VolumeTypeIo1 || t == types.VolumeTypeIo2) {
		return missingParameter("iops")
	}
	if throughput != nil && t != types.VolumeTypeGp3 {
		return badCombination("The parameter throughput is not supported for %s volumes.", t)
	}
	return nil
}
