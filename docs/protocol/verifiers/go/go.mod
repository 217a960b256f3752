module szid.example/verifier

go 1.22
