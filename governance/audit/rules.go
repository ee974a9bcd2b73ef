package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// policies looks at the documents that the account itself has written, and at where they hang.
func (a *auditor) policies() error {
	for _, p := range a.managed {
		arn := aws.ToString(p.Arn)
		a.wildcards(arn, "", a.document[arn])
		if aws.ToInt32(p.AttachmentCount) == 0 && aws.ToInt32(p.PermissionsBoundaryUsageCount) == 0 {
			a.find("unused-policy", Low, arn, "is attached to nobody", "delete it", "CIS AWS 3.0 1.12")
		}
	}
	inline := func(arn string, all []types.PolicyDetail) error {
		for _, i := range all {
			d, err := policy.Parse(aws.ToString(i.PolicyDocument))
			if err != nil {
				return fmt.Errorf("%s, policy %s: %w", arn, aws.ToString(i.PolicyName), err)
			}
			a.wildcards(arn, aws.ToString(i.PolicyName), d)
		}
		return nil
	}
	for _, u := range a.users {
		if n := len(u.UserPolicyList) + len(u.AttachedManagedPolicies); n > 0 {
			a.find("direct-policy", Low, aws.ToString(u.Arn), fmt.Sprintf("has %d policies of its own", n), "give them to a group, or better to a role", "CIS AWS 3.0 1.15", "FSBP IAM.2")
		}
		if err := inline(aws.ToString(u.Arn), u.UserPolicyList); err != nil {
			return err
		}
	}
	for _, r := range a.roles {
		if err := inline(aws.ToString(r.Arn), r.RolePolicyList); err != nil {
			return err
		}
	}
	for _, g := range a.groups {
		if err := inline(aws.ToString(g.Arn), g.GroupPolicyList); err != nil {
			return err
		}
	}
	return nil
}

func (a *auditor) wildcards(entity, name string, d policy.Document) {
	where := "its policy " + name + " "
	if name == "" {
		where = ""
	}
	for _, s := range d.Statements {
		if s.Effect != policy.EffectAllow || !slices.Contains(s.Resources, "*") && s.NotResources == nil {
			continue
		}
		const narrow = "name the actions and the resources"
		if s.NotActions != nil {
			a.find("wildcard", Medium, entity, where+"allows everything but some actions (NotAction), and with them what AWS adds", narrow, "NIST SP 800-207 tenet 3")
		}
		for _, action := range s.Actions {
			switch service, what, _ := strings.Cut(action, ":"); {
			case action == "*" || action == "*:*":
				a.find("wildcard", High, entity, where+"allows every action on every resource", narrow, "CIS AWS 3.0 1.16", "FSBP IAM.1")
			case what == "*":
				a.find("wildcard", Medium, entity, where+"allows all of "+service+" on every resource", narrow, "FSBP IAM.21")
			}
		}
	}
}

// trusts looks at who may assume the roles.
func (a *auditor) trusts() error {
	for _, r := range a.roles {
		arn := aws.ToString(r.Arn)
		d, err := policy.Parse(aws.ToString(r.AssumeRolePolicyDocument))
		if err != nil {
			return fmt.Errorf("%s, trust policy: %w", arn, err)
		}
		for _, s := range d.Statements {
			if s.Effect != policy.EffectAllow {
				continue
			}
			if s.NotPrincipals != nil {
				a.find("public-trust", Critical, arn, "trusts everybody but some (NotPrincipal)", "name whom it trusts", "NIST SP 800-207 tenet 3", "CISA ZTMM Identity")
			}
			for _, p := range s.Principals {
				a.trust(arn, s, p)
			}
		}
	}
	return nil
}

// narrowing are the condition keys that leave but a few of everybody.
var narrowing = []string{"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:sourceaccount", "aws:sourcearn"}

func (a *auditor) trust(role string, s policy.Statement, p policy.Principal) {
	has := func(keys ...string) bool {
		return slices.ContainsFunc(s.Conditions, func(c policy.Condition) bool {
			return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(c.Key, k) }) && !slices.Contains(c.Values, "*")
		})
	}
	switch p.Type {
	case "Federated":
		if strings.Contains(p.ID, ":saml-provider/") || strings.HasPrefix(p.ID, "cognito-identity") {
			return
		}
		provider := p.ID[strings.LastIndex(p.ID, "oidc-provider/")+len("oidc-provider/"):]
		if !strings.Contains(p.ID, "oidc-provider/") {
			provider = p.ID
		}
		if !has(provider + ":sub") {
			a.find("open-federation", High, role, "trusts every identity of "+provider, "ask for the subject: "+provider+":sub", "NIST SP 800-207 tenet 3")
		}
	case "*", "AWS":
		if p.ID == "*" {
			if !has(narrowing...) {
				a.find("public-trust", Critical, role, "trusts everybody", "name whom it trusts", "NIST SP 800-207 tenet 3", "CISA ZTMM Identity")
			}
			return
		}
		account := p.ID
		if parts := strings.Split(p.ID, ":"); len(parts) == 6 {
			account = parts[4]
		}
		if !slices.Contains(a.own, account) && len(account) == 12 && !has("sts:ExternalId") && !has("aws:PrincipalOrgID") {
			a.find("no-external-id", High, role, "trusts the account "+account+" without an external id", "ask for one: StringEquals sts:ExternalId; or name the account as your own", "NIST SP 800-207 tenet 3")
		}
	}
}

// idle looks for roles that nobody assumes. AWS keeps track for 400 days.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html
func (a *auditor) idle() {
	for _, r := range a.roles {
		last, never := aws.ToTime(r.CreateDate), true
		if u := r.RoleLastUsed; u != nil && u.LastUsedDate != nil {
			last, never = *u.LastUsedDate, false
		}
		if since := a.now.Sub(last); since > a.unusedAfter {
			message := fmt.Sprintf("was not used for %d days", days(since))
			if never {
				message = fmt.Sprintf("was never used in the %d days since it was made", days(since))
			}
			a.find("unused-role", Low, aws.ToString(r.Arn), message, "delete it", "CIS AWS 3.0 1.12", "FSBP IAM.22")
		}
	}
}

func days(d time.Duration) int { return int(d.Hours() / 24) }

// credentials looks at passwords, keys and second factors, as the credential report has them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
func (a *auditor) credentials() {
	for _, row := range a.rows {
		arn, root := row["arn"], row["user"] == "<root_account>"
		key := func(n string) bool { return row["access_key_"+n+"_active"] == "true" }
		if root {
			if row["mfa_active"] != "true" {
				a.find("missing-mfa", Critical, arn, "the root user has no second factor", "register one, best a key of hardware", "CIS AWS 3.0 1.5", "FSBP IAM.9")
			}
			if key("1") || key("2") {
				a.find("root-key", Critical, arn, "the root user has an access key", "delete it", "CIS AWS 3.0 1.4", "FSBP IAM.4")
			}
			continue
		}
		if row["password_enabled"] == "true" {
			if row["mfa_active"] != "true" {
				a.find("missing-mfa", High, arn, "signs in without a second factor", "have the user register one, and deny all else until then", "CIS AWS 3.0 1.10", "FSBP IAM.5")
			}
			a.unused(arn, "the password", row["password_last_used"], row["password_last_changed"])
		}
		for _, n := range []string{"1", "2"} {
			if !key(n) {
				continue
			}
			a.unused(arn, "access key "+n, row["access_key_"+n+"_last_used_date"], row["access_key_"+n+"_last_rotated"])
			if made, err := time.Parse(time.RFC3339, row["access_key_"+n+"_last_rotated"]); err == nil && a.now.Sub(made) > a.rotateAfter {
				a.find("old-key", Medium, arn, fmt.Sprintf("access key %s is %d days old", n, days(a.now.Sub(made))), "use a role, or rotate the key", "CIS AWS 3.0 1.14", "FSBP IAM.3")
			}
		}
		if key("1") && key("2") {
			a.find("two-keys", Low, arn, "two access keys are active", "deactivate the one that is being replaced", "CIS AWS 3.0 1.13")
		}
	}
}

// unused finds a credential whose last use, or making if there was none, is long ago.
func (a *auditor) unused(arn, what, used, made string) {
	last, err := time.Parse(time.RFC3339, used)
	if err != nil {
		if last, err = time.Parse(time.RFC3339, made); err != nil {
			return // the report says N/A or no_information
		}
	}
	if since := a.now.Sub(last); since > a.unusedAfter {
		a.find("unused-credential", Medium, arn, fmt.Sprintf("%s was not used for %d days", what, days(since)), "remove it", "CIS AWS 3.0 1.12", "FSBP IAM.22")
	}
}
