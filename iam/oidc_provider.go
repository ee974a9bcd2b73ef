package iam

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// OIDCProvider lets identities of an OpenID Connect provider assume roles that trust it: policy.Federated(string(p.ARN())).
type OIDCProvider struct {
	URL string // the issuer, as https://token.actions.githubusercontent.com
	// Audiences are the client ids whose tokens are taken, 1 to 100. There are no others.
	Audiences []string
	// Thumbprints are of the provider's certificates, 40 hexadecimal digits each, 5 at most. nil leaves them to IAM.
	Thumbprints []string
	Tags        map[string]string
}

// ARN is the provider's ARN, known before the provider exists.
func (p OIDCProvider) ARN() id.ARN { return id.ARN(oidcProviders.Ref(p.host(), "ARN")) }

// host is the URL as ARNs and condition keys have it.
func (p OIDCProvider) host() string {
	return strings.TrimSuffix(strings.TrimPrefix(p.URL, "https://"), "/")
}

// Declare implements ztcore.Resource.
func (p OIDCProvider) Declare(d *ztcore.Declaration) {
	if !strings.HasPrefix(p.URL, "https://") {
		d.Reject(ztcore.Finding{Attribute: "OIDCProvider " + p.URL, Message: "the URL does not begin with https://", Fix: "write the issuer as in its tokens"})
	}
	oidcProviders.Declare(d, p.host(), oidcState{Host: p.host(), Audiences: append([]string{}, p.Audiences...), Thumbprints: p.Thumbprints, Tags: p.Tags})
}

type oidcState struct {
	Host        string            `zt:"key"`
	Audiences   []string          `zt:"set"`
	Thumbprints []string          `zt:"set"`
	Tags        map[string]string `zt:"tags"`
	ARN         id.ARN            `zt:"output"`
	Created     time.Time         `zt:"output"`
}

var oidcProviders = &ztcore.Kind[oidcState]{
	Name: "iam.OIDCProvider", Permissions: &oidcProvidersNeed, Read: readOIDC, Create: createOIDC, Update: updateOIDC,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have oidcState) error {
		_, err := iam.NewFromConfig(sc.Config).DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: (*string)(&have.ARN)})
		return unlessAbsent(err)
	},
	Predict:  func(sc *ztcore.Scope, want *oidcState) { want.ARN = id.ARN(arnOf(sc, "oidc-provider/"+want.Host)) },
	Check:    checkOIDC,
	Controls: []string{"NIST SP 800-207 tenet 6", "CISA ZTMM Identity"},
}

var oidcProvidersNeed = ztcore.Permissions{
	Read: []string{"iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders"},
	Write: []string{
		"iam:AddClientIDToOpenIDConnectProvider", "iam:CreateOpenIDConnectProvider", "iam:RemoveClientIDFromOpenIDConnectProvider", "iam:TagOpenIDConnectProvider",
		"iam:UpdateOpenIDConnectProviderThumbprint",
	},
	Delete: []string{"iam:DeleteOpenIDConnectProvider"},
}

// readOIDC reads each by itself: the listing has nothing but ARNs.
func readOIDC(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[oidcState]) ([]oidcState, error) {
	c := iam.NewFromConfig(sc.Config)
	return readEach(ctx, q, func(s oidcState) string { return string(s.ARN) }, func() (arns []string, err error) {
		out, err := answer(c.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{}))
		for _, p := range out.OpenIDConnectProviderList {
			arns = append(arns, *p.Arn)
		}
		return arns, err
	}, func(ctx context.Context, arn string) (oidcState, error) {
		p, err := answer(c.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn}))
		_, host, _ := strings.Cut(arn, ":oidc-provider/")
		return oidcState{
			Host: host, Audiences: append([]string{}, p.ClientIDList...), Thumbprints: append([]string{}, p.ThumbprintList...),
			Tags: fromTags(p.Tags), ARN: id.ARN(arn), Created: aws.ToTime(p.CreateDate),
		}, err
	})
}

func createOIDC(ctx context.Context, sc *ztcore.Scope, want oidcState) error {
	_, err := iam.NewFromConfig(sc.Config).CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String("https://" + want.Host), ClientIDList: want.Audiences, ThumbprintList: want.Thumbprints, Tags: toTags(want.Tags),
	})
	return err
}

func updateOIDC(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[oidcState]) error {
	c := iam.NewFromConfig(sc.Config)
	provider := (*string)(&u.Have.ARN)
	for _, a := range u.Want.Audiences {
		if !slices.Contains(u.Have.Audiences, a) {
			if _, err := c.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, ClientID: &a}); err != nil {
				return err
			}
		}
	}
	if u.Changed("Thumbprints") {
		if _, err := c.UpdateOpenIDConnectProviderThumbprint(ctx, &iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: provider, ThumbprintList: u.Want.Thumbprints}); err != nil {
			return err
		}
	}
	for _, a := range u.Have.Audiences {
		if !slices.Contains(u.Want.Audiences, a) {
			_, err := c.RemoveClientIDFromOpenIDConnectProvider(ctx, &iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, ClientID: &a})
			if err := unlessAbsent(err); err != nil {
				return err
			}
		}
	}
	if u.Changed("Tags") {
		_, err := c.TagOpenIDConnectProvider(ctx, &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, Tags: toTags(u.Want.Tags)})
		return err
	}
	return nil
}

var thumbprintRE = regexp.MustCompile(`^[0-9A-Fa-f]{40}$`)

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
func checkOIDC(want oidcState) []ztcore.Finding {
	var out []ztcore.Finding
	if host, _, _ := strings.Cut(want.Host, "/"); host == "" || strings.ContainsAny(want.Host, "?#") || strings.Contains(host, ":") {
		out = append(out, ztcore.Finding{Attribute: "URL", Message: fmt.Sprintf("%q is no issuer that IAM takes", want.Host), Fix: "write host and path, without port, query or fragment"})
	}
	if n := len(want.Audiences); n < 1 || n > 100 {
		out = append(out, ztcore.Finding{Attribute: "Audiences", Message: fmt.Sprintf("%d are given", n), Fix: "name 1 to 100 client ids, as sts.amazonaws.com"})
	}
	for _, a := range want.Audiences {
		if len(a) < 1 || len(a) > 255 {
			out = append(out, ztcore.Finding{Attribute: "Audiences", Message: "a client id has 1–255 characters", Fix: "correct it"})
		}
	}
	if len(want.Thumbprints) > 5 {
		out = append(out, ztcore.Finding{Attribute: "Thumbprints", Message: "there are more than 5", Fix: "leave out those of certificates that are no longer used"})
	}
	for _, t := range want.Thumbprints {
		if !ztcore.HasToken(t) && !thumbprintRE.MatchString(t) {
			out = append(out, ztcore.Finding{Attribute: "Thumbprints", Message: fmt.Sprintf("%q is no thumbprint", t), Fix: "write the SHA-1 of the certificate as 40 hexadecimal digits, or leave them to IAM"})
		}
	}
	return out
}
