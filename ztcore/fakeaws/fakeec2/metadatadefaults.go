package fakeec2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// metadataDefaults are the instance metadata defaults; an empty field, or a hop limit of 0, is no preference.
type metadataDefaults struct {
	Endpoint types.InstanceMetadataEndpointState
	Tokens   types.HttpTokensState
	Enforced types.HttpTokensEnforcedState
	Tags     types.InstanceMetadataTagsState
	HopLimit int32
}

// noPreference is the value that takes a default back.
const noPreference = "no-preference"

// GetInstanceMetadataDefaults answers the defaults; a fresh account has no preferences.
func (s *Service) GetInstanceMetadataDefaults(ctx context.Context, in *ec2.GetInstanceMetadataDefaultsInput, _ ...func(*ec2.Options)) (*ec2.GetInstanceMetadataDefaultsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	m := r.Settings.Metadata
	out := &types.InstanceMetadataDefaultsResponse{
		HttpEndpoint: m.Endpoint, HttpTokens: m.Tokens, HttpTokensEnforced: m.Enforced, InstanceMetadataTags: m.Tags, ManagedBy: types.ManagedByAccount,
	}
	if m.HopLimit != 0 {
		out.HttpPutResponseHopLimit = aws.Int32(m.HopLimit)
	}
	return &ec2.GetInstanceMetadataDefaultsOutput{AccountLevel: out}, nil
}

// ModifyInstanceMetadataDefaults changes the defaults that are given and leaves the others.
func (s *Service) ModifyInstanceMetadataDefaults(ctx context.Context, in *ec2.ModifyInstanceMetadataDefaultsInput, _ ...func(*ec2.Options)) (*ec2.ModifyInstanceMetadataDefaultsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	m := r.Settings.Metadata
	endpoint, err := preference(string(m.Endpoint), in.HttpEndpoint, "httpEndpoint")
	if err != nil {
		return nil, err
	}
	tokens, err := preference(string(m.Tokens), in.HttpTokens, "httpTokens")
	if err != nil {
		return nil, err
	}
	enforced, err := preference(string(m.Enforced), in.HttpTokensEnforced, "httpTokensEnforced")
	if err != nil {
		return nil, err
	}
	tags, err := preference(string(m.Tags), in.InstanceMetadataTags, "instanceMetadataTags")
	if err != nil {
		return nil, err
	}
	if hops := in.HttpPutResponseHopLimit; hops != nil {
		if *hops != -1 && (*hops < 1 || *hops > 64) {
			return nil, invalidParameter("Value (%d) for parameter httpPutResponseHopLimit is invalid. Use an integer from 1 to 64, or -1 for no preference.", *hops)
		}
		m.HopLimit = max(*hops, 0)
	}
	m.Endpoint, m.Tokens = types.InstanceMetadataEndpointState(endpoint), types.HttpTokensState(tokens)
	m.Enforced, m.Tags = types.HttpTokensEnforcedState(enforced), types.InstanceMetadataTagsState(tags)
	r.Settings.Metadata = m
	return &ec2.ModifyInstanceMetadataDefaultsOutput{Return: aws.Bool(true)}, nil
}

// preference is a default after a request that may set it, take it back or leave it.
func preference[E interface {
	~string
	Values() []E
}](old string, wanted E, parameter string) (string, error) {
	switch {
	case wanted == "":
		return old, nil
	case wanted == noPreference:
		return "", nil
	case !slices.Contains(wanted.Values(), wanted):
		return "", invalidParameter("Value (%s) for parameter %s is invalid.", wanted, parameter)
	}
	return string(wanted), nil
}
