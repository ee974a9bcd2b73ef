package fakecognitoidentityprovider

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolDomain.html
var domainName = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?)*$`)

// reserved words can't be part of a prefix.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html
var reserved = []string{"aws", "amazon", "cognito"}

// CreateUserPoolDomain gives a pool one prefix domain or one custom domain. Prefixes are unique in a region.
func (s *Service) CreateUserPoolDomain(ctx context.Context, in *cognitoidentityprovider.CreateUserPoolDomainInput, _ ...Options) (*cognitoidentityprovider.CreateUserPoolDomainOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	d := &Domain{Name: *in.Domain, Version: 1}
	custom := in.CustomDomainConfig != nil
	if err := checkDomain(d, custom, in.ManagedLoginVersion, p); err != nil {
		return nil, err
	}
	if taken, _, _, _ := s.domain(ctx, d.Name); taken != nil {
		return nil, invalid("Domain already associated with another user pool.")
	}
	if !custom {
		if p.Prefix != nil {
			return nil, invalid("User pool already has a domain configured.")
		}
		p.Prefix = d
		return &cognitoidentityprovider.CreateUserPoolDomainOutput{ManagedLoginVersion: aws.Int32(d.Version)}, nil
	}
	if p.Custom != nil {
		return nil, invalid("User pool already has a custom domain configured.")
	}
	d.Certificate = aws.ToString(in.CustomDomainConfig.CertificateArn)
	p.Custom = d
	return &cognitoidentityprovider.CreateUserPoolDomainOutput{ManagedLoginVersion: aws.Int32(d.Version), CloudFrontDomain: aws.String(cloudFront(d.Name))}, nil
}

func checkDomain(d *Domain, custom bool, version *int32, p *Pool) error {
	if !domainName.MatchString(d.Name) || len(d.Name) > 63 || strings.Contains(d.Name, ".") != custom {
		return invalid("%s is not a valid domain", d.Name)
	}
	for _, word := range reserved {
		if !custom && strings.Contains(d.Name, word) {
			return invalid("Domain cannot contain reserved word: %s", word)
		}
	}
	if version != nil {
		d.Version = *version
	}
	if d.Version < 1 || d.Version > 2 {
		return invalid("ManagedLoginVersion must be 1 or 2")
	}
	if d.Version == 2 && p.About.UserPoolTier == types.UserPoolTierTypeLite {
		return unavailable("Managed login", p.About.UserPoolTier)
	}
	return nil
}

func cloudFront(domain string) string {
	return "d" + strings.ReplaceAll(domain, ".", "") + ".cloudfront.net"
}

// domain finds a domain in any account; prefixes are a region's, custom domains the whole world's.
func (s *Service) domain(ctx context.Context, name string) (found *Domain, of *Pool, account string, custom bool) {
	region := fakeaws.CallFrom(ctx).Region
	s.store.Each(ctx, func(a, r string, st *State) {
		for _, p := range st.Pools {
			if p.Prefix != nil && p.Prefix.Name == name && r == region {
				found, of, account, custom = p.Prefix, p, a, false
			}
			if p.Custom != nil && p.Custom.Name == name {
				found, of, account, custom = p.Custom, p, a, true
			}
		}
	})
	return found, of, account, custom
}

// UpdateUserPoolDomain changes the version of the pages, and the certificate of a custom domain.
func (s *Service) UpdateUserPoolDomain(ctx context.Context, in *cognitoidentityprovider.UpdateUserPoolDomainInput, _ ...Options) (*cognitoidentityprovider.UpdateUserPoolDomainOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	d, of, _, custom := s.domain(ctx, *in.Domain)
	if d == nil || of != p {
		return nil, notFound("Domain %s does not exist.", *in.Domain)
	}
	changed := *d
	if err := checkDomain(&changed, custom, in.ManagedLoginVersion, p); err != nil {
		return nil, err
	}
	if in.CustomDomainConfig != nil {
		if !custom {
			return nil, invalid("A prefix domain has no certificate.")
		}
		changed.Certificate = aws.ToString(in.CustomDomainConfig.CertificateArn)
	}
	*d = changed
	return &cognitoidentityprovider.UpdateUserPoolDomainOutput{ManagedLoginVersion: aws.Int32(d.Version)}, nil
}

// DescribeUserPoolDomain answers an empty description for a domain that does not exist, and no error.
func (s *Service) DescribeUserPoolDomain(ctx context.Context, in *cognitoidentityprovider.DescribeUserPoolDomainInput, _ ...Options) (*cognitoidentityprovider.DescribeUserPoolDomainOutput, error) {
	out := &types.DomainDescriptionType{}
	if d, of, account, custom := s.domain(ctx, *in.Domain); d != nil && account == fakeaws.CallFrom(ctx).Account {
		out = &types.DomainDescriptionType{
			Domain: aws.String(d.Name), UserPoolId: of.About.Id, AWSAccountId: &account, ManagedLoginVersion: aws.Int32(d.Version), Status: types.DomainStatusTypeActive,
			CloudFrontDistribution: aws.String(cloudFront(d.Name)),
		}
		if custom {
			out.CustomDomainConfig = &types.CustomDomainConfigType{CertificateArn: aws.String(d.Certificate)}
		}
	}
	return &cognitoidentityprovider.DescribeUserPoolDomainOutput{DomainDescription: out}, nil
}

// DeleteUserPoolDomain takes a domain off its pool.
func (s *Service) DeleteUserPoolDomain(ctx context.Context, in *cognitoidentityprovider.DeleteUserPoolDomainInput, _ ...Options) (*cognitoidentityprovider.DeleteUserPoolDomainOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	switch {
	case p.Prefix != nil && p.Prefix.Name == *in.Domain:
		p.Prefix = nil
	case p.Custom != nil && p.Custom.Name == *in.Domain:
		p.Custom = nil
	default:
		return nil, invalid("No such domain or user pool exists.")
	}
	return &cognitoidentityprovider.DeleteUserPoolDomainOutput{}, nil
}
