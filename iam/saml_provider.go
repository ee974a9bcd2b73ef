package iam

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// SAMLProvider lets people who sign in at a SAML 2.0 identity provider assume roles that trust it:
// policy.Federated(string(p.ARN())).
type SAMLProvider struct {
	Name string // 1–128 letters, digits and ._-
	// Metadata is the XML document that the identity provider publishes, of 1,000 to 10,000,000 characters.
	Metadata string
	Tags     map[string]string
}

// ARN is the provider's ARN, known before the provider exists.
func (p SAMLProvider) ARN() id.ARN { return id.ARN(samlProviders.Ref(p.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (p SAMLProvider) Declare(d *ztcore.Declaration) {
	samlProviders.Declare(d, p.Name, samlState{Name: p.Name, Metadata: samlMetadata(p.Metadata), Tags: p.Tags})
}

type samlState struct {
	Name     string `zt:"key"`
	Metadata samlMetadata
	Tags     map[string]string `zt:"tags"`
	ARN      id.ARN            `zt:"output"`
	Created  time.Time         `zt:"output"`
}

// samlMetadata is too long to be read in a plan: it is shown by its hash.
type samlMetadata string

// Equal leaves white space around the document out.
func (m samlMetadata) Equal(other samlMetadata) bool {
	return strings.TrimSpace(string(m)) == strings.TrimSpace(string(other))
}

// MarshalJSON implements json.Marshaler.
func (m samlMetadata) MarshalJSON() ([]byte, error) {
	text := strings.TrimSpace(string(m))
	return json.Marshal(fmt.Sprintf("%d characters with SHA-256 %x", len(text), sha256.Sum256([]byte(text))))
}

var samlProviders = &ztcore.Kind[samlState]{
	Name: "iam.SAMLProvider", Permissions: &samlProvidersNeed, Read: readSAML,
	Create: func(ctx context.Context, sc *ztcore.Scope, want samlState) error {
		_, err := iam.NewFromConfig(sc.Config).CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: &want.Name, SAMLMetadataDocument: (*string)(&want.Metadata), Tags: toTags(want.Tags)})
		return err
	},
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[samlState]) error {
		c := iam.NewFromConfig(sc.Config)
		if u.Changed("Metadata") {
			if _, err := c.UpdateSAMLProvider(ctx, &iam.UpdateSAMLProviderInput{SAMLProviderArn: (*string)(&u.Have.ARN), SAMLMetadataDocument: (*string)(&u.Want.Metadata)}); err != nil {
				return err
			}
		}
		if u.Changed("Tags") {
			_, err := c.TagSAMLProvider(ctx, &iam.TagSAMLProviderInput{SAMLProviderArn: (*string)(&u.Have.ARN), Tags: toTags(u.Want.Tags)})
			return err
		}
		return nil
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have samlState) error {
		_, err := iam.NewFromConfig(sc.Config).DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: (*string)(&have.ARN)})
		return unlessAbsent(err)
	},
	Predict: func(sc *ztcore.Scope, want *samlState) { want.ARN = id.ARN(arnOf(sc, "saml-provider/"+want.Name)) },
	Check: func(want samlState) []ztcore.Finding {
		out := checkName(want.Name, 128)
		if n := len(want.Metadata); !ztcore.HasToken(string(want.Metadata)) && (n < 1000 || n > 10_000_000) {
			out = append(out, ztcore.Finding{Attribute: "Metadata", Message: fmt.Sprintf("it has %d characters", n), Fix: "use the identity provider's XML document, of 1,000 to 10,000,000 characters"})
		}
		return out
	},
	Controls: []string{"NIST SP 800-207 tenet 6", "CISA ZTMM Identity"},
}

var samlProvidersNeed = ztcore.Permissions{
	Read:   []string{"iam:GetSAMLProvider", "iam:ListSAMLProviders"},
	Write:  []string{"iam:CreateSAMLProvider", "iam:TagSAMLProvider", "iam:UpdateSAMLProvider"},
	Delete: []string{"iam:DeleteSAMLProvider"},
}

// readSAML reads each by itself: the listing lacks metadata and tags.
func readSAML(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[samlState]) ([]samlState, error) {
	c := iam.NewFromConfig(sc.Config)
	return readEach(ctx, q, func(s samlState) string { return string(s.ARN) }, func() (arns []string, err error) {
		out, err := answer(c.ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{}))
		for _, p := range out.SAMLProviderList {
			arns = append(arns, *p.Arn)
		}
		return arns, err
	}, func(ctx context.Context, arn string) (samlState, error) {
		p, err := answer(c.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: &arn}))
		_, name, _ := strings.Cut(arn, ":saml-provider/")
		return samlState{
			Name: name, Metadata: samlMetadata(aws.ToString(p.SAMLMetadataDocument)), Tags: fromTags(p.Tags),
			ARN: id.ARN(arn), Created: aws.ToTime(p.CreateDate),
		}, err
	})
}
