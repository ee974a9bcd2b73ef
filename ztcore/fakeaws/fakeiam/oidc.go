package fakeiam

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
const (
	mostClients     = 100
	mostThumbprints = 5
	longestURL      = 255
)

var thumbprintPattern = regexp.MustCompile(`^[0-9A-Fa-f]{40}$`)

// issuerThumbprint stands for what AWS reads from the issuer's certificate when the input names none.
const issuerThumbprint = "06b25927c42a721631c1efd9431e648fa62e1e39"

// oidcProvider is an OpenID Connect identity provider.
type oidcProvider struct {
	ARN         string
	URL         string // without https://, as AWS answers it
	Clients     []string
	Thumbprints []string
	Created     time.Time
	Tags        []types.Tag
}

func (s *Service) installOIDC(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateOpenIDConnectProvider, "Url", "ClientIDList", "ThumbprintList", "Tags")
	fakeaws.On(c, s.GetOpenIDConnectProvider, "OpenIDConnectProviderArn")
	fakeaws.On(c, s.ListOpenIDConnectProviders)
	fakeaws.On(c, s.UpdateOpenIDConnectProviderThumbprint, "OpenIDConnectProviderArn", "ThumbprintList")
	fakeaws.On(c, s.AddClientIDToOpenIDConnectProvider, "OpenIDConnectProviderArn", "ClientID")
	fakeaws.On(c, s.RemoveClientIDFromOpenIDConnectProvider, "OpenIDConnectProviderArn", "ClientID")
	fakeaws.On(c, s.DeleteOpenIDConnectProvider, "OpenIDConnectProviderArn")
}

// CreateOpenIDConnectProvider takes one provider for each issuer. Nobody connects to the issuer.
func (s *Service) CreateOpenIDConnectProvider(ctx context.Context, in *iam.CreateOpenIDConnectProviderInput, _ ...opt) (*iam.CreateOpenIDConnectProviderOutput, error) {
	a := s.in(ctx)
	issuer, err := url.Parse(aws.ToString(in.Url))
	if err != nil || issuer.Scheme != "https" || issuer.Host == "" || issuer.RawQuery != "" || issuer.Port() != "" || len(*in.Url) > longestURL {
		return nil, invalid("Invalid Open ID Connect Provider URL")
	}
	tags, err := retag(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if err := checkClients(in.ClientIDList); err != nil {
		return nil, err
	}
	thumbprints := slices.Clone(in.ThumbprintList)
	if len(thumbprints) == 0 {
		thumbprints = []string{issuerThumbprint}
	}
	if err := checkThumbprints(thumbprints); err != nil {
		return nil, err
	}
	p := &oidcProvider{URL: strings.TrimPrefix(*in.Url, "https://"), Clients: slices.Clone(in.ClientIDList), Thumbprints: thumbprints, Created: now(), Tags: tags}
	p.ARN = arn(ctx, "oidc-provider", "/", p.URL)
	if a.OIDC.get(p.ARN) != nil {
		return nil, alreadyExists("Provider with url %s already exists.", *in.Url)
	}
	a.OIDC.put(p.ARN, p)
	return &iam.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderArn: aws.String(p.ARN), Tags: copiedTags(tags)}, nil
}

// GetOpenIDConnectProvider answers the URL without its scheme.
func (s *Service) GetOpenIDConnectProvider(ctx context.Context, in *iam.GetOpenIDConnectProviderInput, _ ...opt) (*iam.GetOpenIDConnectProviderOutput, error) {
	p, err := s.in(ctx).oidc(in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	return &iam.GetOpenIDConnectProviderOutput{
		Url: aws.String(p.URL), ClientIDList: slices.Clone(p.Clients), ThumbprintList: slices.Clone(p.Thumbprints),
		CreateDate: aws.Time(p.Created), Tags: copiedTags(p.Tags),
	}, nil
}

// ListOpenIDConnectProviders answers all ARNs at once, as AWS does.
func (s *Service) ListOpenIDConnectProviders(ctx context.Context, _ *iam.ListOpenIDConnectProvidersInput, _ ...opt) (*iam.ListOpenIDConnectProvidersOutput, error) {
	list := each(s.in(ctx).OIDC.all(), func(p *oidcProvider) types.OpenIDConnectProviderListEntry {
		return types.OpenIDConnectProviderListEntry{Arn: aws.String(p.ARN)}
	})
	return &iam.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: list}, nil
}

// UpdateOpenIDConnectProviderThumbprint replaces the whole list.
func (s *Service) UpdateOpenIDConnectProviderThumbprint(ctx context.Context, in *iam.UpdateOpenIDConnectProviderThumbprintInput, _ ...opt) (*iam.UpdateOpenIDConnectProviderThumbprintOutput, error) {
	p, err := s.in(ctx).oidc(in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	if err := checkThumbprints(in.ThumbprintList); err != nil {
		return nil, err
	}
	p.Thumbprints = slices.Clone(in.ThumbprintList)
	return &iam.UpdateOpenIDConnectProviderThumbprintOutput{}, nil
}

// AddClientIDToOpenIDConnectProvider adds an audience; one that is there is no error.
func (s *Service) AddClientIDToOpenIDConnectProvider(ctx context.Context, in *iam.AddClientIDToOpenIDConnectProviderInput, _ ...opt) (*iam.AddClientIDToOpenIDConnectProviderOutput, error) {
	p, err := s.in(ctx).oidc(in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	next := p.Clients
	if !slices.Contains(p.Clients, aws.ToString(in.ClientID)) {
		next = append(slices.Clone(p.Clients), aws.ToString(in.ClientID))
	}
	if err := checkClients(next); err != nil {
		return nil, err
	}
	p.Clients = next
	return &iam.AddClientIDToOpenIDConnectProviderOutput{}, nil
}

// RemoveClientIDFromOpenIDConnectProvider removes an audience; one that is not there is no error.
func (s *Service) RemoveClientIDFromOpenIDConnectProvider(ctx context.Context, in *iam.RemoveClientIDFromOpenIDConnectProviderInput, _ ...opt) (*iam.RemoveClientIDFromOpenIDConnectProviderOutput, error) {
	p, err := s.in(ctx).oidc(in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	p.Clients = slices.DeleteFunc(p.Clients, func(id string) bool { return id == aws.ToString(in.ClientID) })
	return &iam.RemoveClientIDFromOpenIDConnectProviderOutput{}, nil
}

// DeleteOpenIDConnectProvider does not look at the roles that trust the provider.
func (s *Service) DeleteOpenIDConnectProvider(ctx context.Context, in *iam.DeleteOpenIDConnectProviderInput, _ ...opt) (*iam.DeleteOpenIDConnectProviderOutput, error) {
	p, err := s.in(ctx).oidc(in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	s.in(ctx).OIDC.remove(p.ARN)
	return &iam.DeleteOpenIDConnectProviderOutput{}, nil
}

func (a *account) oidc(arn *string) (*oidcProvider, error) {
	if p := a.OIDC.get(aws.ToString(arn)); p != nil {
		return p, nil
	}
	return nil, noSuchEntity("OpenIDConnect Provider not found for arn %s", aws.ToString(arn))
}

func checkClients(ids []string) error {
	if len(ids) > mostClients {
		return limitExceeded("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: %d", mostClients)
	}
	for _, id := range ids {
		if id == "" || len(id) > longestURL {
			return invalid("1 validation error detected: Value at 'clientIDList' failed to satisfy constraint: Member must have length between 1 and %d", longestURL)
		}
	}
	return nil
}

func checkThumbprints(list []string) error {
	if len(list) == 0 || len(list) > mostThumbprints {
		return invalidInput("Thumbprint list must contain between 1 and %d entries.", mostThumbprints)
	}
	for _, t := range list {
		if !thumbprintPattern.MatchString(t) {
			return invalid("1 validation error detected: Value '%s' at 'thumbprintList' failed to satisfy constraint: Member must be 40 hexadecimal characters", t)
		}
	}
	return nil
}
