package fakekms

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// maxPlaintext is how many bytes Encrypt takes. https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
const maxPlaintext = 4096

// A ciphertext is the length of the key's ARN (one byte), the ARN, the nonce and the AES-GCM sealed text, which
// authenticates the encryption context. The material follows from the ARN: it protects nothing, but a wrong key
// or context fails as it does with AWS.

func gcm(arn string) cipher.AEAD {
	material := sha256.Sum256([]byte("fakekms material of " + arn))
	block, err := aes.NewCipher(material[:])
	if err != nil {
		panic(err) // the length is right
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (s *Service) seal(k *Key, plain []byte, about map[string]string) []byte {
	aead := gcm(k.ARN)
	nonce := s.bytes(aead.NonceSize())
	out := append([]byte{byte(len(k.ARN))}, k.ARN...)
	out = append(out, nonce...)
	return aead.Seal(out, nonce, plain, canonical(about))
}

// bytes are n bytes that look random and repeat in every run.
func (s *Service) bytes(n int) []byte {
	var out []byte
	for len(out) < n {
		sum := sha256.Sum256([]byte(s.cloud.ID("", 32)))
		out = append(out, sum[:]...)
	}
	return out[:n]
}

// canonical is an encryption context in a stable form; an empty one is none.
func canonical(about map[string]string) []byte {
	if len(about) == 0 {
		return nil
	}
	b, err := json.Marshal(about)
	if err != nil {
		panic(err) // strings always marshal
	}
	return b
}

// unseal opens a ciphertext, with the key named by ref if one is.
func (s *Service) unseal(ctx context.Context, blob []byte, ref *string, about map[string]string) (*Key, []byte, error) {
	bad := &types.InvalidCiphertextException{}
	if len(blob) < 1 || len(blob) < 1+int(blob[0]) {
		return nil, nil, bad
	}
	arn := string(blob[1 : 1+int(blob[0])])
	sealed := blob[1+int(blob[0]):]
	if ref != nil {
		named, err := s.encrypting(ctx, ref)
		if err != nil {
			return nil, nil, err
		}
		if named.ARN != arn {
			return nil, nil, &types.IncorrectKeyException{Message: aws.String("The key ID in the request does not identify a CMK that can perform this operation.")}
		}
	}
	aead := gcm(arn)
	if len(sealed) < aead.NonceSize() {
		return nil, nil, bad
	}
	k, err := s.encrypting(ctx, &arn)
	if err != nil {
		return nil, nil, err
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], canonical(about))
	if err != nil {
		return nil, nil, bad
	}
	return k, plain, nil
}

// encrypting finds a key that can encrypt and decrypt now.
func (s *Service) encrypting(ctx context.Context, ref *string) (*Key, error) {
	k, err := s.use(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := k.usable(); err != nil {
		return nil, err
	}
	if k.Usage != types.KeyUsageTypeEncryptDecrypt {
		return nil, &types.InvalidKeyUsageException{Message: aws.String(k.ARN + " key usage is " + string(k.Usage) + " which is not valid for " + fakeaws.CallFrom(ctx).Operation + ".")}
	}
	if k.Spec != types.KeySpecSymmetricDefault {
		return nil, &fakeaws.NotFakedError{Service: "KMS", Operation: fakeaws.CallFrom(ctx).Operation, Member: "KeyId", Why: "asymmetric encryption is not faked"}
	}
	return k, nil
}

func onlySymmetric(algorithms ...types.EncryptionAlgorithmSpec) error {
	for _, a := range algorithms {
		if a != "" && a != types.EncryptionAlgorithmSpecSymmetricDefault {
			return &types.InvalidKeyUsageException{Message: aws.String("Algorithm " + string(a) + " is incompatible with key spec SYMMETRIC_DEFAULT.")}
		}
	}
	return nil
}

// Encrypt seals up to 4096 bytes.
func (s *Service) Encrypt(ctx context.Context, in *kms.EncryptInput, _ ...Options) (*kms.EncryptOutput, error) {
	if n := len(in.Plaintext); n < 1 || n > maxPlaintext {
		return nil, invalid("1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length between 1 and %d", maxPlaintext)
	}
	k, err := s.encrypting(ctx, in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := onlySymmetric(in.EncryptionAlgorithm); err != nil {
		return nil, err
	}
	return &kms.EncryptOutput{
		CiphertextBlob: s.seal(k, in.Plaintext, in.EncryptionContext), KeyId: aws.String(k.ARN),
		EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault,
	}, nil
}

// Decrypt opens what Encrypt or GenerateDataKey sealed with the same encryption context.
func (s *Service) Decrypt(ctx context.Context, in *kms.DecryptInput, _ ...Options) (*kms.DecryptOutput, error) {
	if err := onlySymmetric(in.EncryptionAlgorithm); err != nil {
		return nil, err
	}
	k, plain, err := s.unseal(ctx, in.CiphertextBlob, in.KeyId, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return &kms.DecryptOutput{
		Plaintext: plain, KeyId: aws.String(k.ARN), KeyMaterialId: k.metadata().CurrentKeyMaterialId,
		EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault,
	}, nil
}

// ReEncrypt moves a ciphertext to another key or encryption context.
func (s *Service) ReEncrypt(ctx context.Context, in *kms.ReEncryptInput, _ ...Options) (*kms.ReEncryptOutput, error) {
	if err := onlySymmetric(in.SourceEncryptionAlgorithm, in.DestinationEncryptionAlgorithm); err != nil {
		return nil, err
	}
	from, plain, err := s.unseal(ctx, in.CiphertextBlob, in.SourceKeyId, in.SourceEncryptionContext)
	if err != nil {
		return nil, err
	}
	to, err := s.encrypting(ctx, in.DestinationKeyId)
	if err != nil {
		return nil, err
	}
	return &kms.ReEncryptOutput{
		CiphertextBlob: s.seal(to, plain, in.DestinationEncryptionContext), KeyId: aws.String(to.ARN), SourceKeyId: aws.String(from.ARN),
		SourceKeyMaterialId: from.metadata().CurrentKeyMaterialId, DestinationKeyMaterialId: to.metadata().CurrentKeyMaterialId,
		SourceEncryptionAlgorithm:      types.EncryptionAlgorithmSpecSymmetricDefault,
		DestinationEncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault,
	}, nil
}

// GenerateDataKey answers new key material in clear and sealed.
func (s *Service) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, _ ...Options) (*kms.GenerateDataKeyOutput, error) {
	size, err := dataKeySize(in.KeySpec, in.NumberOfBytes)
	if err != nil {
		return nil, err
	}
	k, err := s.encrypting(ctx, in.KeyId)
	if err != nil {
		return nil, err
	}
	plain := s.bytes(size)
	return &kms.GenerateDataKeyOutput{
		Plaintext: plain, CiphertextBlob: s.seal(k, plain, in.EncryptionContext), KeyId: aws.String(k.ARN), KeyMaterialId: k.metadata().CurrentKeyMaterialId,
	}, nil
}

// GenerateDataKeyWithoutPlaintext answers new key material sealed only.
func (s *Service) GenerateDataKeyWithoutPlaintext(ctx context.Context, in *kms.GenerateDataKeyWithoutPlaintextInput, _ ...Options) (*kms.GenerateDataKeyWithoutPlaintextOutput, error) {
	out, err := s.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId: in.KeyId, KeySpec: in.KeySpec, NumberOfBytes: in.NumberOfBytes, EncryptionContext: in.EncryptionContext,
	})
	if err != nil {
		return nil, err
	}
	return &kms.GenerateDataKeyWithoutPlaintextOutput{CiphertextBlob: out.CiphertextBlob, KeyId: out.KeyId, KeyMaterialId: out.KeyMaterialId}, nil
}

func dataKeySize(spec types.DataKeySpec, bytes *int32) (int, error) {
	switch {
	case (spec == "") == (bytes == nil):
		return 0, invalid("Please specify either number of bytes or key spec.")
	case bytes != nil && (*bytes < 1 || *bytes > 1024):
		return 0, invalid("1 validation error detected: Value '%d' at 'numberOfBytes' failed to satisfy constraint: Member must have value between 1 and 1024", *bytes)
	case bytes != nil:
		return int(*bytes), nil
	case spec == types.DataKeySpecAes128:
		return 16, nil
	case spec == types.DataKeySpecAes256:
		return 32, nil
	}
	return 0, invalid("1 validation error detected: Value '%s' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [AES_256, AES_128]", spec)
}
