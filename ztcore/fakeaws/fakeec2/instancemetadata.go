package fakeec2

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/publicimages"
)

// effective are the metadata options of a new instance: what the launch says, then the account's defaults, then the image's,
// option by option ("Where to configure instance metadata options", EC2 User Guide).
func (r *region) effective(asked *types.InstanceMetadataOptionsRequest, image publicimages.Image) (types.InstanceMetadataOptionsResponse, error) {
	m := types.InstanceMetadataOptionsRequest{}
	if asked != nil {
		m = *asked
	}
	account := r.Settings.Metadata
	tokens, hops := types.HttpTokensStateOptional, int32(1)
	if image.IMDSv2 {
		tokens, hops = types.HttpTokensStateRequired, 2
	}
	out := types.InstanceMetadataOptionsResponse{
		HttpEndpoint:            cmp.Or(m.HttpEndpoint, account.Endpoint, types.InstanceMetadataEndpointStateEnabled),
		HttpTokens:              cmp.Or(m.HttpTokens, account.Tokens, tokens),
		HttpPutResponseHopLimit: aws.Int32(cmp.Or(aws.ToInt32(m.HttpPutResponseHopLimit), account.HopLimit, hops)),
		InstanceMetadataTags:    cmp.Or(m.InstanceMetadataTags, account.Tags, types.InstanceMetadataTagsStateDisabled),
		HttpProtocolIpv6:        cmp.Or(m.HttpProtocolIpv6, types.InstanceMetadataProtocolStateDisabled),
	}
	return out, r.tokensEnforced(out.HttpTokens, "launch instances with IMDSv1")
}

// tokensEnforced refuses IMDSv1 where the account rules it out.
func (r *region) tokensEnforced(tokens types.HttpTokensState, what string) error {
	if r.Settings.Metadata.Enforced == types.HttpTokensEnforcedStateEnabled && tokens != types.HttpTokensStateRequired {
		return fakeaws.Error("UnsupportedOperation", "You can't %s because httpTokensEnforced is enabled for this account.", what)
	}
	return nil
}

// metadata are the options as they are answered: pending until the change has settled.
func (i *instance) metadata(now time.Time) *types.InstanceMetadataOptionsResponse {
	m := i.Metadata
	m.State = types.InstanceMetadataOptionsStateApplied
	if now.Before(i.MetadataSince) {
		m.State = types.InstanceMetadataOptionsStatePending
	}
	return &m
}

// ModifyInstanceMetadataOptions changes the options that are given of an instance that has not ended.
func (s *Service) ModifyInstanceMetadataOptions(ctx context.Context, in *ec2.ModifyInstanceMetadataOptionsInput, _ ...func(*ec2.Options)) (*ec2.ModifyInstanceMetadataOptionsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	i, err := r.instance(in.InstanceId)
	if err != nil {
		return nil, err
	}
	if i.ended() {
		return nil, fakeaws.Error("IncorrectInstanceState", "Instance '%s' is not in a state in which its metadata options can be modified.", i.ID)
	}
	for _, err := range []error{
		oneOf(in.HttpTokens, "HttpTokens"), oneOf(in.HttpEndpoint, "HttpEndpoint"), oneOf(in.InstanceMetadataTags, "InstanceMetadataTags"),
		oneOf(in.HttpProtocolIpv6, "HttpProtocolIpv6"), hopLimit(in.HttpPutResponseHopLimit),
	} {
		if err != nil {
			return nil, err
		}
	}
	m := i.Metadata
	m.HttpTokens, m.HttpEndpoint = cmp.Or(in.HttpTokens, m.HttpTokens), cmp.Or(in.HttpEndpoint, m.HttpEndpoint)
	m.InstanceMetadataTags, m.HttpProtocolIpv6 = cmp.Or(in.InstanceMetadataTags, m.InstanceMetadataTags), cmp.Or(in.HttpProtocolIpv6, m.HttpProtocolIpv6)
	if in.HttpPutResponseHopLimit != nil {
		m.HttpPutResponseHopLimit = in.HttpPutResponseHopLimit
	}
	if in.HttpTokens != "" {
		if err := r.tokensEnforced(m.HttpTokens, "enable IMDSv1 on this instance"); err != nil {
			return nil, err
		}
	}
	i.Metadata, i.MetadataSince = m, time.Now().Add(s.settle())
	m.State = types.InstanceMetadataOptionsStatePending
	return &ec2.ModifyInstanceMetadataOptionsOutput{InstanceId: aws.String(i.ID), InstanceMetadataOptions: &m}, nil
}
