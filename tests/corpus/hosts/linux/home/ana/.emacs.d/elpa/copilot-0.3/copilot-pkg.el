(define-package "copilot" "0.3" "An input of a test" nil)
