package instance

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// present are the states of an instance that still has an interface and volumes; running and stopped ones count as there.
var (
	present = []string{"pending", "running", "stopping", "stopped", "shutting-down"}
	there   = []string{"pending", "running", "stopping", "stopped"}
)

// unlessGone is nil for EC2's answer that there is no such instance.
func unlessGone(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "InvalidInstanceID.NotFound" {
		return nil
	}
	return err
}

func describe(ctx context.Context, sc *ztcore.Scope, filters ...types.Filter) (out []types.Instance, err error) {
	in := &ec2.DescribeInstancesInput{Filters: filters, MaxResults: aws.Int32(1000)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribeInstances(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Reservations {
			out = append(out, r.Instances...)
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

// readInstances describes them together, and then what the description lacks: protection, user data and root volumes. Only
// this baseline's, and those that are looked for by name, are worth it.
func readInstances(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[instanceState]) ([]instanceState, error) {
	all, err := describe(ctx, sc, types.Filter{Name: aws.String("instance-state-name"), Values: there})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(i types.Instance) bool {
		tags := tagMap(i.Tags)
		return tags[ztcore.TagBaseline] != sc.Baseline && !slices.ContainsFunc(q.Want, func(w instanceState) bool { return w.Name == tags[nameTag] })
	})
	out := make([]instanceState, len(all))
	err = ztcore.Each(ctx, len(all), func(ctx context.Context, n int) error {
		var err error
		out[n], err = seen(ctx, sc, all[n])
		return err
	})
	return slices.DeleteFunc(out, func(s instanceState) bool { return s.ID == "" }), err
}

// seen is the whole of an instance; the zero state if it was gone before it could be looked at.
func seen(ctx context.Context, sc *ztcore.Scope, i types.Instance) (instanceState, error) {
	c := ec2.NewFromConfig(sc.Config)
	protection, err := c.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: i.InstanceId, Attribute: types.InstanceAttributeNameDisableApiTermination})
	if err != nil {
		return instanceState{}, unlessGone(err)
	}
	data, err := c.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: i.InstanceId, Attribute: types.InstanceAttributeNameUserData})
	if err != nil {
		return instanceState{}, unlessGone(err)
	}
	s := instanceState{
		Source: aws.ToString(i.ImageId), Type: aws.String(string(i.InstanceType)), Subnet: aws.String(aws.ToString(i.SubnetId)), UserData: aws.String(sum(nil)), Tags: tagMap(i.Tags),
		ID: aws.ToString(i.InstanceId), PrivateAddress: aws.ToString(i.PrivateIpAddress), Image: aws.ToString(i.ImageId), Created: aws.ToTime(i.LaunchTime),
		Protected: protection.DisableApiTermination != nil && aws.ToBool(protection.DisableApiTermination.Value),
	}
	s.Name = s.Tags[nameTag]
	if from := s.Tags[tagSource]; from != "" {
		s.Source = from
	}
	if data.UserData != nil && aws.ToString(data.UserData.Value) != "" {
		raw, err := base64.StdEncoding.DecodeString(*data.UserData.Value)
		if err != nil {
			return instanceState{}, err
		}
		s.UserData = aws.String(sum(raw))
	}
	for _, g := range i.SecurityGroups {
		s.SecurityGroups = append(s.SecurityGroups, aws.ToString(g.GroupId))
	}
	if i.IamInstanceProfile != nil {
		s.Profile = aws.ToString(i.IamInstanceProfile.Arn)
	}
	if m := i.MetadataOptions; m != nil {
		s.IMDSv2 = m.HttpTokens == types.HttpTokensStateRequired && m.HttpEndpoint == types.InstanceMetadataEndpointStateEnabled
		s.HopLimit = aws.ToInt32(m.HttpPutResponseHopLimit)
	}
	for _, n := range i.NetworkInterfaces {
		s.PublicAddress = s.PublicAddress || n.Association != nil && aws.ToString(n.Association.IpOwnerId) == "amazon"
	}
	return s, withRoot(ctx, c, i, &s)
}

// withRoot adds what only the root volume shows.
func withRoot(ctx context.Context, c *ec2.Client, i types.Instance, s *instanceState) error {
	s.RootKey, s.RootGiB = aws.String(""), aws.Int32(0)
	for _, d := range i.BlockDeviceMappings {
		if aws.ToString(d.DeviceName) != aws.ToString(i.RootDeviceName) || d.Ebs == nil {
			continue
		}
		out, err := c.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: []types.Filter{{Name: aws.String("volume-id"), Values: []string{aws.ToString(d.Ebs.VolumeId)}}}})
		if err != nil {
			return err
		}
		for _, v := range out.Volumes {
			s.RootEncrypted, s.RootKey, s.RootGiB = aws.ToBool(v.Encrypted), aws.String(aws.ToString(v.KmsKeyId)), aws.Int32(aws.ToInt32(v.Size))
		}
	}
	return nil
}

// sum stands for user data in plans: it may be long.
func sum(data []byte) string {
	if len(data) == 0 {
		return ""
	}
	h := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(h[:])
}

func tagMap(tags []types.Tag) map[string]string {
	out := map[string]string{}
	for _, t := range tags {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}

func tagList(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}
