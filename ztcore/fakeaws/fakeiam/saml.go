package fakeiam

import (
	"context"
	"encoding/xml"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html
const (
	shortestMetadata = 1000
	longestMetadata  = 10000000
	samlLife         = 100 * 365 * 24 * time.Hour // validity of metadata that states none
)

// samlProvider is a SAML 2.0 identity provider.
type samlProvider struct {
	ARN        string
	Metadata   string
	UUID       string
	Created    time.Time
	ValidUntil time.Time
	Tags       []types.Tag
}

func (s *Service) installSAML(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateSAMLProvider, "Name", "SAMLMetadataDocument", "Tags")
	fakeaws.On(c, s.GetSAMLProvider, "SAMLProviderArn")
	fakeaws.On(c, s.ListSAMLProviders)
	fakeaws.On(c, s.UpdateSAMLProvider, "SAMLProviderArn", "SAMLMetadataDocument")
	fakeaws.On(c, s.DeleteSAMLProvider, "SAMLProviderArn")
}

// CreateSAMLProvider takes the metadata that the identity provider issues, an EntityDescriptor.
func (s *Service) CreateSAMLProvider(ctx context.Context, in *iam.CreateSAMLProviderInput, _ ...opt) (*iam.CreateSAMLProviderOutput, error) {
	a := s.in(ctx)
	if err := checkName("name", in.Name, longestName); err != nil {
		return nil, err
	}
	tags, err := retag(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	created := now()
	p := &samlProvider{ARN: arn(ctx, "saml-provider", "/", *in.Name), UUID: s.cloud.UniqueID("ASPA"), Created: created, Tags: tags}
	if err := p.describe(in.SAMLMetadataDocument, created); err != nil {
		return nil, err
	}
	if a.SAML.get(p.ARN) != nil {
		return nil, alreadyExists("SAMLProvider %s already exists.", p.ARN)
	}
	a.SAML.put(p.ARN, p)
	return &iam.CreateSAMLProviderOutput{SAMLProviderArn: aws.String(p.ARN), Tags: copiedTags(tags)}, nil
}

// GetSAMLProvider answers the metadata as it was sent.
func (s *Service) GetSAMLProvider(ctx context.Context, in *iam.GetSAMLProviderInput, _ ...opt) (*iam.GetSAMLProviderOutput, error) {
	p, err := s.in(ctx).saml(in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	return &iam.GetSAMLProviderOutput{
		SAMLMetadataDocument: aws.String(p.Metadata), SAMLProviderUUID: aws.String(p.UUID), CreateDate: aws.Time(p.Created),
		ValidUntil: aws.Time(p.ValidUntil), Tags: copiedTags(p.Tags),
	}, nil
}

// ListSAMLProviders answers all at once, as AWS does.
func (s *Service) ListSAMLProviders(ctx context.Context, _ *iam.ListSAMLProvidersInput, _ ...opt) (*iam.ListSAMLProvidersOutput, error) {
	list := each(s.in(ctx).SAML.all(), func(p *samlProvider) types.SAMLProviderListEntry {
		return types.SAMLProviderListEntry{Arn: aws.String(p.ARN), CreateDate: aws.Time(p.Created), ValidUntil: aws.Time(p.ValidUntil)}
	})
	return &iam.ListSAMLProvidersOutput{SAMLProviderList: list}, nil
}

// UpdateSAMLProvider replaces the metadata.
func (s *Service) UpdateSAMLProvider(ctx context.Context, in *iam.UpdateSAMLProviderInput, _ ...opt) (*iam.UpdateSAMLProviderOutput, error) {
	p, err := s.in(ctx).saml(in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	if in.SAMLMetadataDocument != nil {
		if err := p.describe(in.SAMLMetadataDocument, now()); err != nil {
			return nil, err
		}
	}
	return &iam.UpdateSAMLProviderOutput{SAMLProviderArn: aws.String(p.ARN)}, nil
}

// DeleteSAMLProvider does not look at the roles that trust the provider.
func (s *Service) DeleteSAMLProvider(ctx context.Context, in *iam.DeleteSAMLProviderInput, _ ...opt) (*iam.DeleteSAMLProviderOutput, error) {
	p, err := s.in(ctx).saml(in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	s.in(ctx).SAML.remove(p.ARN)
	return &iam.DeleteSAMLProviderOutput{}, nil
}

func (a *account) saml(arn *string) (*samlProvider, error) {
	if p := a.SAML.get(aws.ToString(arn)); p != nil {
		return p, nil
	}
	return nil, noSuchEntity("Could not find valid SAML provider with ARN %s", aws.ToString(arn))
}

// describe stores metadata, of which the root element is checked and its term of validity taken over.
func (p *samlProvider) describe(metadata *string, from time.Time) error {
	text := aws.ToString(metadata)
	if len(text) < shortestMetadata || len(text) > longestMetadata {
		return invalid("1 validation error detected: Value at 'sAMLMetadataDocument' failed to satisfy constraint: Member must have length between %d and %d", shortestMetadata, longestMetadata)
	}
	var root struct {
		XMLName    xml.Name
		ValidUntil *time.Time `xml:"validUntil,attr"`
	}
	if err := xml.Unmarshal([]byte(text), &root); err != nil || root.XMLName.Local != "EntityDescriptor" {
		return invalidInput("Could not parse metadata")
	}
	p.Metadata, p.ValidUntil = text, from.Add(samlLife)
	if root.ValidUntil != nil {
		p.ValidUntil = *root.ValidUntil
	}
	return nil
}
