package dataprotect

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Key is a symmetric KMS key of this account, named by an alias. The zero value with a name rotates every year, may be
// used by whom the account's IAM policies let, and by nobody else.
//
// A key holds data: it is removed only when AllowDelete names it, and then disabled at once and deleted after
// DeletionWindow. Declaring it again within the window cancels the deletion and enables the very same key.
type Key struct {
	Name        string // of the alias, without "alias/": 1–250 letters, digits and /_-
	Description string
	// RotateEvery is how often KMS makes new key material, in whole days: 90–2,560, 365 if zero.
	// https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
	RotateEvery time.Duration
	// DeletionWindow is how long a removed key can still be had back, in whole days: 7–30, 30 if zero.
	// https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
	DeletionWindow time.Duration

	Admins   []id.RoleARN // may manage the key, not use it
	Users    []id.RoleARN // may encrypt and decrypt with it, and let AWS services do so for them
	Services []string     // AWS services that may use it for this account, as "cloudtrail.amazonaws.com"
	// Policy is added to what the fields above say. The statement that lets the account's own IAM policies govern the
	// key is always there, so that the key can't become unmanageable.
	Policy policy.Document

	Tags map[string]string
}

type keyState struct {
	Alias        string `zt:"key"`
	ARN          string `zt:"output"`
	Description  string
	Enabled      bool
	RotationDays int32 // 0 is off
	Policy       policy.Document
	Tags         map[string]string `zt:"tags"`
	Window       int32             `zt:"-"`
	Created      time.Time         `zt:"output"`
}

var keys = &ztcore.Kind[keyState]{
	Name: "dataprotect.Key", Permissions: &keysNeed,
	Read: readKeys, Create: createKey, Update: updateKey, Delete: deleteKey, Check: checkKey, Refuse: refuseKey,
	Retry:     []ztcore.Retry{{Code: "MalformedPolicyDocumentException", Message: "invalid principals"}},
	HoldsData: true,
	Controls:  []string{"CIS AWS 3.0 3.6", "FSBP KMS.4", "NIST SP 800-207 tenet 2"},
}

var keysNeed = ztcore.Permissions{
	Read: []string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListKeys", "kms:ListResourceTags"},
	Write: []string{
		"kms:CancelKeyDeletion", "kms:CreateAlias", "kms:CreateKey", "kms:EnableKey", "kms:EnableKeyRotation", "kms:PutKeyPolicy", "kms:TagResource",
		"kms:UpdateKeyDescription",
	},
	Delete: []string{"kms:DisableKey", "kms:ScheduleKeyDeletion"},
}

// ARN is the key's ARN. KMS chooses it, so it is not known before the key exists.
func (k Key) ARN() id.KeyARN { return id.KeyARN(keys.Ref(k.Name, "ARN")) }

// Alias is the name by which API calls may refer to the key, as "alias/ledger".
func (k Key) Alias() string { return keys.Ref(k.Name, "Alias") }

// Declare implements ztcore.Resource.
func (k Key) Declare(d *ztcore.Declaration) {
	window := days(k.DeletionWindow, 30)
	keys.Declare(d, k.Name, keyState{
		Alias: "alias/" + k.Name, Description: k.Description, Enabled: true, RotationDays: days(k.RotateEvery, 365),
		Policy: k.policy(), Tags: k.Tags, Window: window,
	}).Note(removalNote("disables the key and deletes it", window))
}

// aliasRE is what CreateAlias takes. https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
var aliasRE = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]{1,250}$`)

func checkKey(want keyState) []ztcore.Finding {
	out := lint(want.Policy, policy.KeyPolicy, "dataprotect.key-open")
	if !aliasRE.MatchString(want.Alias) || strings.HasPrefix(want.Alias, "alias/aws/") {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: want.Alias + " can't be used as an alias", Fix: "use 1–250 letters, digits and /_-, and not aws/ at the start"})
	}
	if want.RotationDays < 90 || want.RotationDays > 2560 {
		out = append(out, ztcore.Finding{Attribute: "RotateEvery", Message: "KMS rotates every 90 to 2,560 whole days", Fix: "leave it zero for 365 days"})
	}
	if len(want.Description) > 8192 {
		out = append(out, ztcore.Finding{Attribute: "Description", Message: "has more than 8,192 characters", Fix: "shorten it"})
	}
	return append(out, checkWindow("DeletionWindow", want.Window)...)
}

func refuseKey(sc *ztcore.Scope, want keyState) []ztcore.Finding {
	return lockout(sc, want.Policy, "arn:"+sc.Partition+":kms:"+sc.Region+":"+sc.Account+":key/"+want.Alias, "kms:PutKeyPolicy")
}

func readKeys(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[keyState]) ([]keyState, error) {
	found := make([]*keyState, len(q.Want))
	err := ztcore.Each(ctx, len(q.Want), func(ctx context.Context, i int) error {
		ref := q.Want[i].ARN // of a key to be removed, which may lack its alias
		if ref == "" {
			ref = q.Want[i].Alias
		}
		have, err := readKey(ctx, sc, ref)
		if have != nil && !have.pending {
			have.state.Alias, have.state.Window = q.Want[i].Alias, q.Want[i].Window
			found[i] = &have.state
		}
		return err
	})
	if err == nil && q.Owned {
		return ownedKeys(ctx, sc, present(found))
	}
	return present(found), err
}

// keyElsewhere finds a key of another region, which encrypts nothing here.
func keyElsewhere(sc *ztcore.Scope, key string) []ztcore.Finding {
	parts := strings.SplitN(key, ":", 6)
	if len(parts) < 6 || parts[2] != "kms" || parts[3] == sc.Region {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Key", Message: key + " is of region " + parts[3] + ", and this is " + sc.Region, Fix: "use a key of " + sc.Region}}
}
