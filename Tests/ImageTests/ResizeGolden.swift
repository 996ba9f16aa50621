import MTLFormat

/// What OpenCV's and Pillow's `resize` make of generated pixels, by
/// Tests/python/golden_resize.py.
struct ResizeGolden {
  let method: Preprocessing.Resize
  let channels, width, height, targetWidth, targetHeight: Int
  /// The target's bytes in hexadecimal.
  let expected: String

  static let cases: [ResizeGolden] = [
    ResizeGolden(
      method: .bilinear, channels: 3, width: 7, height: 5,
      targetWidth: 7, targetHeight: 5,
      expected: """
        05048ba2e81c7e8c98c80abef712b37565f567f3fea96c7f496cac2716da4f01764a92f603c74d52f48baaa8\
        9f29edc475b954b693c2713474ab85df64ecbe24af595bcbcb2d1e67dfb9893f64ded05fd5b187e5a1eb62c8\
        d3189e9c1c94e31746c7bb602e48e164c6
        """),
    ResizeGolden(
      method: .bilinear, channels: 3, width: 7, height: 5,
      targetWidth: 12, targetHeight: 9,
      expected: """
        05048b4059619bde208eb65f877c9db230b3d50cbbf111b4bb38d1746bf56cbefa67f3fe3c278757607181b8\
        4e718e816959ad8d22a8a816b0b936c58b5ec3508abe59cace60f3d89760807d6a8b56799b404bb9361fc850\
        0c975d289f5d73e03a9dad12be623bdf8354f498a9878d80929d3fa4b5437fa9505b9d6e4a9a734da25f63b8\
        5586a74eac8e55d69a5af0a1aaa89f7ac2ad2eeac252d1877db462a39ea2a277ab7a407e8c59a5a889de7fc5\
        ca64ecbe60ac7855bd9646d8c449998f5d6b67a7948eaa8ea6645aad865ec2bd72d9a19ad68fb4d332b65a46\
        be7d65cbb34e75874d3e62a99373aaa7985379ce7c65d0c35bc6bb73d7b683e277d75f88d45ba2d1548c9d43\
        7f7e369eb83b8ec76551acb56276a288407bb45dafd170d0a1eb62b0e246c6d41bb1b51a9da51b97ce187ddb\
        4750caa652818665304db05097e164c6
        """),
    ResizeGolden(
      method: .bilinear, channels: 3, width: 12, height: 10,
      targetWidth: 6, targetHeight: 5,
      expected: """
        3faa60868baea671b08b86b43e87a7485fa8b785748c98b0abb5526eca6d767d9c9b7a9155b3437b5975704d\
        8cb54d8c2f577590836b7a8f71936c846b81b2709596ac665a699170742f7992a89764bf879c929646b0767d\
        6486
        """),
    ResizeGolden(
      method: .bilinear, channels: 3, width: 160, height: 213,
      targetWidth: 11, targetHeight: 12,
      expected: """
        4f5f4f7a73d2bcdc4382a48c6e2081aea69d9163355e6e9569cb7091ca67b4605f72829743743d38a323457c\
        a1ad6267863a6c405f22213791b514a581af1aa49e9970ca4a58a14c45cea09f6e5ee377817caf94ea220db0\
        a8abbb2cb8e382b46d95718f6ec6d2a7b0b4674d4a466e24d06761b362eef2aa47be72c4c3a99aa38c8c1cc0\
        34445eae1f927d8d55b282715ebf3f7d785894cc45ae6a7ac1bf2aaf4f7b9b82b4a9e454abac7ca72a266c77\
        78c13bc1e66d9572f583333e4d8f9e546a32ca6c97c671b6835cb570663b8f546d6d9aa76ab4a82051b98a67\
        5e8e22be3d4f73232b8469b1a4a393974b8d551947b66db57e8bada0708a9b21a24358a767a393be73806d79\
        3d9bde6e503964b38c85b122696275a07476958d9e9f53c26333d276705bab775eb274a35b4986905c3f5a89\
        929f475f8a953593e931998b32585054678096b8227a7f4357416aadb292e9577db9a3971b984f3a6294c3a6\
        115a5633905a617eaad13ad89d9a8a977da9a74b502aa87b609ab79d99c55aa183948c536cbc7172956d9670
        """),
    ResizeGolden(
      method: .bilinear, channels: 3, width: 213, height: 160,
      targetWidth: 9, targetHeight: 4,
      expected: """
        5348668ba05d465a526d9cc2a65d683d1a6d557d9d59cf687d996c6e84a8537649a649b8bd894524aa92bf7d\
        d29986981e1bb5a49d6d91aaa6861d6eae8d59958b6fac82804597838fc4ba8a5da9d69579944e433ed76085\
        97263e4d948adaa6ad60593ca85a5191ceca7670
        """),
    ResizeGolden(
      method: .bilinear, channels: 3, width: 1, height: 1,
      targetWidth: 5, targetHeight: 3,
      expected: """
        05048b05048b05048b05048b05048b05048b05048b05048b05048b05048b05048b05048b05048b05048b0504\
        8b
        """),
    ResizeGolden(
      method: .bilinear, channels: 3, width: 1, height: 40,
      targetWidth: 4, targetHeight: 7,
      expected: """
        985ea5985ea5985ea5985ea54766af4766af4766af4766af97b89b97b89b97b89b97b89b88b9cf88b9cf88b9\
        cf88b9cf5e63dc5e63dc5e63dc5e63dc95de1795de1795de1795de17e17535e17535e17535e17535
        """),
    ResizeGolden(
      method: .bilinear, channels: 3, width: 40, height: 1,
      targetWidth: 7, targetHeight: 4,
      expected: """
        985da54666af97b89b87b8ce5e63dc95de17e17435985da54666af97b89b87b8ce5e63dc95de17e17535985d\
        a54666af97b89b87b8ce5e63dc95de17e17535985da54666af97b89b87b8ce5e63dc95de17e17435
        """),
    ResizeGolden(
      method: .bilinear, channels: 3, width: 33, height: 21,
      targetWidth: 1, targetHeight: 1,
      expected: """
        936a88
        """),
    ResizeGolden(
      method: .bilinear, channels: 3, width: 97, height: 95,
      targetWidth: 1, targetHeight: 9,
      expected: """
        c2c3e5b7559fc15526c6835823bc2f76115179ec40e19516c385ae
        """),
    ResizeGolden(
      method: .bilinear, channels: 1, width: 50, height: 37,
      targetWidth: 13, targetHeight: 11,
      expected: """
        a252c32c9d4870a8907186b1bd96816d3b6f9ab669809c9bba713953d9502f3c77ac9c6bc2d5675fb65948c4\
        80cc7e49b14c7e496ab3286972617fa496a180ab6b6ebb3b08b3d6319f974d1a4b539256cc754a448bac7312\
        26b26e87ac2ab073a6a090916ecf48939e52dfeb1e619a60809a7921e6b1a16da97d5681768a5e696c715c4d\
        24188c39519a508f55345c
        """),
    ResizeGolden(
      method: .bilinear, channels: 1, width: 2, height: 2,
      targetWidth: 9, targetHeight: 9,
      expected: """
        0505050504040404040505050504040404040c0c0c0c0c0d0d0d0d2a2a2a2c2d2e2f30304848484b4e505253\
        536666676a6e717576768484858a8e939899998b8b8c91969ba1a2a28b8b8c91969ba1a2a2
        """),
    ResizeGolden(
      method: .bilinear, channels: 4, width: 31, height: 64,
      targetWidth: 8, targetHeight: 8,
      expected: """
        8d629686958b6d96c7b292679071f443b8ec5bd15b897b9bb4446072be6690725cd076d5901d6bbd9c956a80\
        7d1cafa3801992719460938fd37a2f7a90cb909a479253ad8f2c808d9f6563c093555745abbf65c86f8b8f91\
        8c91b55f617140c0657a7a74aec0926eb2836d89965f9ad86c9482ad96788574916d76bd98745f98a7b766b8\
        807b85583c47a36c915a56395b63b55f9b6bb15072b3ac669595a5457b9e8a8db08f953c567562582248e97d\
        948b5906a77f807e797b8534806f8a4b4aa689b995657799677d2863ae83d91aa9c163796391bbb5668cbc82\
        92ab5c6fb2b1c8ba679f87b8884aa983e0d5acab9c93c877329ec9c19277757b5b8e857d
        """),
    ResizeGolden(
      method: .bilinear, channels: 4, width: 5, height: 6,
      targetWidth: 10, targetHeight: 7,
      expected: """
        05048ba23e0a889caf168191d4476198ac9d27b1b09a34acdf3f8987d24ba09489bc7ad365f567f3c9867386\
        b17b7e748265964f5d798a3840b7592e4ab056567a6483ae736387c136ac648e18d15274f7969499da80a496\
        9e56c58f7562b5865ea4737b60b95d767ba37278799f7a865bad74a04cb571adacbcb466ab9db07ea860a8af\
        a54e89b9a267549da6864a79b3ab6c4fa6bf88537fc39f866cc5ab9f8cd7aa6994c49781a29f71b1b37359b6\
        c53f508ec1476368a68a924389b6b13c69cbc15459d6c85fb19a9ac9afac88c8abce64c6b4b45fbfc95d7ab2\
        aa459b91566cc35a3c87cf425d95bf496d9cb74c2e48e1645464ae7aa09b49a6caad1fc7d3992edcbb7854e2\
        824b8fd78c27ac9fd90da938ff00a805
        """),
    ResizeGolden(
      method: .bilinear, channels: 3, width: 2109, height: 17,
      targetWidth: 10, targetHeight: 6,
      expected: """
        21769e8966e26d55ca7836468c6273a332647e51581e7760dab28024923adae9459e42a24567f879808c8972\
        37dbb0529639b578915b5e8867cd5351be8e8b9c4778d28b95318f959e7434969292636c998d5d5371386924\
        89598b784f6b95cabb5c47928d8e5f459a6f577b803a7a73bfc89ca8c3b8bc584a398c5f45aab198b8a750d6\
        cb584eb87ca571a060684b9d42c58ab43c5ba52bdd286678a034d7499751408c7a5d3ea09444a0b2896ad464\
        5eecad8b
        """),
    ResizeGolden(
      method: .bilinear, channels: 1, width: 17, height: 2247,
      targetWidth: 6, targetHeight: 12,
      expected: """
        b65cb35e2f955ca8684a58967354c473f2203159763fdca6d148c65974a0607b8c61beb0ebb0ca57808d387d\
        c09682b889a9838f6c776d8385755093a076a870634214c47488a1b7
        """),
    ResizeGolden(
      method: .antialiased, channels: 3, width: 12, height: 10,
      targetWidth: 6, targetHeight: 5,
      expected: """
        56a3738f90a49c83a58892a55382a1545aa79a978082979e92a5637ea97c6e858e8b767f689b5778737b875f\
        7d90608f616d7e79856b7c7f698b708273819c83848a877e6f758a7c784e748b928e6da98c849e905f967d78\
        7679
        """),
    ResizeGolden(
      method: .antialiased, channels: 3, width: 50, height: 31,
      targetWidth: 7, targetHeight: 9,
      expected: """
        8469857a748679868c8e819698837883837b848474867e88837d878774897a7b798c876b81798382817a778e\
        87667b7f7b7b7c827d788686797b787f856d7f7487846e7a7c858871787b7e8c8c8382788c7f71788f817c80\
        7c7988747b808276817d877a6794726d837f8a89757d957676887b777c8b717a7a747c6f757c838d7a698694\
        7f84888c7f86807e7c6d73736b887b8a7b8f857f887f93828d7b80957b70826c7e7c6b8d847078768884828c\
        9282848e80787f8489877e6d85
        """),
    ResizeGolden(
      method: .antialiased, channels: 1, width: 50, height: 37,
      targetWidth: 13, targetHeight: 11,
      expected: """
        7e83907c8c76828d898b81838e89797870857f8480887979887d826e847b81857f859376918b828d84887295\
        94a8757e7f92967c7a8574798483836e7c7f8b9c93747e6773948c726c7470877468807b7a80706f7d7b7960\
        687d7f7f86738b7f7d767a8f7687786e8d7c848e7d7d7274867b7d7e9d937f759f907e66707e847b858b6e6a\
        6a757b7b6a756c8b7c6a6c
        """),
    ResizeGolden(
      method: .antialiased, channels: 3, width: 5, height: 6,
      targetWidth: 10, targetHeight: 7,
      expected: """
        05048b2c3d6f7baf3899d13b87a379916ca2b62bb5d40cbbeb10b6f712b35d50de6379da6ec9d27fd1bb9592\
        97916c8f735ea56047b95826ca5415d25d25a35b49b95691e44fb1d244aa8543ae6d4bbc895ab09e7088ad7b\
        74b43c779d45839f579aa35fa89e5eac8f5ea786609b827495909996afab97bf3eedc245dfa752c37167b272\
        86abaa8788b0684b85724784a57dacbe98c05ccfc557c3b14eaa8852a68b64b5ba64a0b65066816b6769b5a1\
        6fdabf713f64de6363dcac60d7c869d9b97de1ada0c4a5d283abe550bed92bc8d318
        """),
    ResizeGolden(
      method: .antialiased, channels: 1, width: 1, height: 40,
      targetWidth: 4, targetHeight: 7,
      expected: """
        6b6b6b6b898989898c8c8c8caeaeaeae6e6e6e6e5e5e5e5e78787878
        """),
    ResizeGolden(
      method: .antialiased, channels: 3, width: 9, height: 1,
      targetWidth: 7, targetHeight: 4,
      expected: """
        30426d92be54ad39b0dc1ebf7099f88ba9b9636ca030426d92be54ad39b0dc1ebf7099f88ba9b9636ca03042\
        6d92be54ad39b0dc1ebf7099f88ba9b9636ca030426d92be54ad39b0dc1ebf7099f88ba9b9636ca0
        """),
    ResizeGolden(
      method: .antialiased, channels: 1, width: 200, height: 3,
      targetWidth: 1, targetHeight: 3,
      expected: """
        828288
        """),
    ResizeGolden(
      method: .antialiased, channels: 3, width: 8, height: 8,
      targetWidth: 8, targetHeight: 8,
      expected: """
        05048ba2e81c7e8c98c80abef712b37565f567f3fea96c7f496cac2716da4f01764a92f603c74d52f48baaa8\
        9f29edc475b954b693c2713474ab85df64ecbe24af595bcbcb2d1e67dfb9893f64ded05fd5b187e5a1eb62c8\
        d3189e9c1c94e31746c7bb602e48e164c6b717bcd78f36e76634add2ff00a8055a1b82e9fc4d56eee72fb99a\
        6b58fac5a7737a7d5f5af1621da0ab72d924219a93a37375935ca21f4f2f940019df3fea175a8d013625c538\
        03549761adb91e189b20641345c54486
        """),
    ResizeGolden(
      method: .bicubic, channels: 3, width: 12, height: 10,
      targetWidth: 6, targetHeight: 5,
      expected: """
        49a86e9590a8a07dab8c92aa4b84a25054aba795827e99a995af537bb6776d859194757c5fa24d756f798852\
        7c99549555697d7b89647c8268916a816d83a582888a917c68708e7f7643728f999167af898aa092559a7d7c\
        7079
        """),
    ResizeGolden(
      method: .bicubic, channels: 3, width: 50, height: 31,
      targetWidth: 7, targetHeight: 9,
      expected: """
        8469867b7288768b8d90829b9c817783857a848674898087857d8689718a777b788e88668076868081797792\
        895f7a7d7b797d847c7585877979797f876d817388846c7a7d878b6e767b818f918484778b7e7276927f7d84\
        7a7788737d818475817e8877609b7069827e8c8a757e977474887b77798c707a7b767c6e747b858e78638797\
        7f83888e7d8981807d6872706b8d788d7992877f877c98828f797f9b7c6c82697e7d6990846d74748a83848e\
        938284917d767f848d877d6b84
        """),
    ResizeGolden(
      method: .bicubic, channels: 1, width: 50, height: 37,
      targetWidth: 13, targetHeight: 11,
      expected: """
        7b85907e8c73838e878d7f82908b78766e877c85808a76768a7a856b837e80877b859a73928a8390838a6f97\
        95b5707e7d9699787887747a8383816a7c808b9f96717e6271988d6f6971708b6f64817b78836e6f7f7d795e\
        657c837e88728c807c757895758b76698e79848e7d7c717189797a7fa3977e72a89480636f7f887a888c6c69\
        6b72787d6975698e7b676a
        """),
    ResizeGolden(
      method: .bicubic, channels: 3, width: 5, height: 6,
      targetWidth: 10, targetHeight: 7,
      expected: """
        000092222e6f83bb25a5e82683ae79886baab820bbdc00bef60db5ff13b1634eec657be76cdedb82e7c3a68e\
        94a15f897259a55440bc4718d04205da640e946031b7558dff45b8ee32ad772fb8533ed78354c8a16e8eac7b\
        73b13274943f79995a94a363a79f5aae8b58ad7f5ea27a789c8da29cb4b69cc638ffd23ff7aa4cce586ab559\
        99b1b59683c0622a7e69287da878b8c69dd465d7cb5ac9b143a97c44a6805fc3c35ba8c13b547d5e5560bfa6\
        6aedcd70305fe05b5edeb65adad961dfbf75edae9fcda5de82acf348c0dc20cad10d
        """),
    ResizeGolden(
      method: .bicubic, channels: 1, width: 1, height: 40,
      targetWidth: 4, targetHeight: 7,
      expected: """
        686868688b8b8b8b8c8c8c8cb4b4b4b4686868685f5f5f5f79797979
        """),
    ResizeGolden(
      method: .bicubic, channels: 3, width: 9, height: 1,
      targetWidth: 7, targetHeight: 4,
      expected: """
        293a6c94ce4daf2db8e80ebd6b9cff8faeb661659b293a6c94ce4daf2db8e80ebd6b9cff8faeb661659b293a\
        6c94ce4daf2db8e80ebd6b9cff8faeb661659b293a6c94ce4daf2db8e80ebd6b9cff8faeb661659b
        """),
    ResizeGolden(
      method: .bicubic, channels: 1, width: 200, height: 3,
      targetWidth: 1, targetHeight: 3,
      expected: """
        828288
        """),
    ResizeGolden(
      method: .bicubic, channels: 3, width: 8, height: 8,
      targetWidth: 8, targetHeight: 8,
      expected: """
        05048ba2e81c7e8c98c80abef712b37565f567f3fea96c7f496cac2716da4f01764a92f603c74d52f48baaa8\
        9f29edc475b954b693c2713474ab85df64ecbe24af595bcbcb2d1e67dfb9893f64ded05fd5b187e5a1eb62c8\
        d3189e9c1c94e31746c7bb602e48e164c6b717bcd78f36e76634add2ff00a8055a1b82e9fc4d56eee72fb99a\
        6b58fac5a7737a7d5f5af1621da0ab72d924219a93a37375935ca21f4f2f940019df3fea175a8d013625c538\
        03549761adb91e189b20641345c54486
        """),
  ]
}
