package appsec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// UserPoolDomain is where a pool's sign-in pages are: https://<prefix>.auth.<region>.amazoncognito.com, or a domain of
// your own with a certificate. A pool has one of each at most. A change makes another domain, and links to it break.
type UserPoolDomain struct {
	// Domain is a prefix, of which there is only one of a name in a region of all AWS, or with Certificate a whole name.
	Domain      string
	Pool        id.UserPool
	Certificate id.ARN // of ACM, in us-east-1
}

// Declare implements ztcore.Resource.
func (u UserPoolDomain) Declare(d *ztcore.Declaration) {
	domains.Declare(d, u.Domain, domainState{Domain: u.Domain, Pool: string(u.Pool), Certificate: string(u.Certificate), Pages: 2})
}

type domainState struct {
	Domain      string `zt:"key"`
	Pool        string `zt:"immutable"`
	Certificate string
	Pages       int32 // version: 2 is managed login, 1 the classic hosted UI
}

var domains = &ztcore.Kind[domainState]{
	Name: "appsec.UserPoolDomain", Permissions: &domainsNeed, PermissionsFor: domainsNeedFor, Read: readDomains, Create: createDomain, Update: updateDomain,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have domainState) error {
		return dropDomain(ctx, cognitoidentityprovider.NewFromConfig(sc.Config), have.Pool, have.Domain)
	},
	Check: checkDomain, Retry: []ztcore.Retry{modified}, Domain: func(want domainState) string { return poolDomain(want.Pool) },
	Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Identity"},
}

var domainsNeed = ztcore.Permissions{
	Read:   []string{"cognito-idp:DescribeUserPoolDomain"},
	Write:  []string{"cognito-idp:CreateUserPoolDomain", "cognito-idp:UpdateUserPoolDomain"},
	Delete: []string{"cognito-idp:DeleteUserPoolDomain"},
}

// domainsNeedFor is what a domain of one's own takes, which CloudFront serves.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-add-custom-domain.html
func domainsNeedFor(want domainState) ztcore.Permissions {
	if want.Certificate == "" {
		return ztcore.Permissions{}
	}
	return ztcore.Permissions{Write: []string{"cloudfront:UpdateDistribution"}}
}

// readDomains: Cognito describes a domain that does not exist as an empty one. Other accounts' are refused or empty too.
func readDomains(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[domainState]) ([]domainState, error) {
	found := make([]*domainState, len(q.Want))
	err := ztcore.Each(ctx, len(q.Want), func(ctx context.Context, i int) error {
		out, err := cognitoidentityprovider.NewFromConfig(sc.Config).DescribeUserPoolDomain(ctx, &cognitoidentityprovider.DescribeUserPoolDomainInput{Domain: &q.Want[i].Domain})
		if err != nil {
			return unlessAbsent(err)
		}
		if about := out.DomainDescription; about != nil && aws.ToString(about.UserPoolId) != "" && about.Status != types.DomainStatusTypeDeleting {
			found[i] = &domainState{Domain: q.Want[i].Domain, Pool: *about.UserPoolId, Pages: cmp.Or(aws.ToInt32(about.ManagedLoginVersion), 1)}
			if about.CustomDomainConfig != nil {
				found[i].Certificate = aws.ToString(about.CustomDomainConfig.CertificateArn)
			}
		}
		return nil
	})
	return present(found), err
}

func createDomain(ctx context.Context, sc *ztcore.Scope, want domainState) error {
	in := &cognitoidentityprovider.CreateUserPoolDomainInput{Domain: &want.Domain, UserPoolId: &want.Pool, ManagedLoginVersion: &want.Pages}
	if want.Certificate != "" {
		in.CustomDomainConfig = &types.CustomDomainConfigType{CertificateArn: &want.Certificate}
	}
	_, err := cognitoidentityprovider.NewFromConfig(sc.Config).CreateUserPoolDomain(ctx, in)
	return err
}

func updateDomain(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[domainState]) error {
	in := &cognitoidentityprovider.UpdateUserPoolDomainInput{Domain: &u.Want.Domain, UserPoolId: &u.Want.Pool, ManagedLoginVersion: &u.Want.Pages}
	if u.Want.Certificate != "" {
		in.CustomDomainConfig = &types.CustomDomainConfigType{CertificateArn: &u.Want.Certificate}
	}
	_, err := cognitoidentityprovider.NewFromConfig(sc.Config).UpdateUserPoolDomain(ctx, in)
	return err
}

// dropDomain takes a domain off a pool. For one that is off already Cognito has no code of its own.
func dropDomain(ctx context.Context, c *cognitoidentityprovider.Client, pool, domain string) error {
	_, err := c.DeleteUserPoolDomain(ctx, &cognitoidentityprovider.DeleteUserPoolDomainInput{UserPoolId: &pool, Domain: &domain})
	if refused := new(types.InvalidParameterException); errors.As(err, &refused) && strings.Contains(aws.ToString(refused.Message), "No such domain") {
		return nil
	}
	return unlessAbsent(err)
}

// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html
var prefixRE = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

func checkDomain(want domainState) []ztcore.Finding {
	if want.Certificate != "" {
		if strings.Contains(want.Domain, ".") && len(want.Domain) <= 63 && strings.ToLower(want.Domain) == want.Domain {
			return nil
		}
		return []ztcore.Finding{{Attribute: "Domain", Message: fmt.Sprintf("%q can't be a custom domain", want.Domain), Fix: "give the whole name, as login.example.com, in lower case and with 63 characters at most"}}
	}
	if !prefixRE.MatchString(want.Domain) {
		return []ztcore.Finding{{Attribute: "Domain", Message: fmt.Sprintf("%q can't be a domain's prefix", want.Domain), Fix: "use 1–63 lower-case letters, digits and inner hyphens, or set Certificate for a name of your own"}}
	}
	for _, word := range []string{"aws", "amazon", "cognito"} {
		if strings.Contains(want.Domain, word) {
			return []ztcore.Finding{{Attribute: "Domain", Message: "a prefix can't hold the word " + word, Fix: "choose another prefix"}}
		}
	}
	return nil
}
